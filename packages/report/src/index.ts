export { parseResults, ResultsError, type ResultsProblem } from './parse.js';
export { resultsJsonSchema, resultsSchema } from './schema.js';
