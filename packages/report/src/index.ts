export { parseResults, ResultsError, type ResultsProblem } from './parse.js';
export { renderReport } from './report.js';
export { resultsJsonSchema, resultsSchema } from './schema.js';
