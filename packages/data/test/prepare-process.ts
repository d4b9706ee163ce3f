/** Prepares a corpus in a process of its own, which can be killed: `prepare-process.ts <config> <options>`, as JSON. */
import { type DataConfig, type PrepareOptions, prepareData } from '../src/index.js';

const [config, options] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown);
const data = await prepareData(config as DataConfig, options as PrepareOptions);
data.close();
