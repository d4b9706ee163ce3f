/**
 * Writes `results.schema.json`:
 * `node --conditions=@branchline/source --import @oxc-node/core/register bin/write-schema.ts`.
 */
import { writeFileSync } from 'node:fs';
import { resultsJsonSchema } from '../src/schema.js';

const file = new URL('../results.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(resultsJsonSchema(), null, 2)}\n`);
console.log('wrote packages/report/results.schema.json');
