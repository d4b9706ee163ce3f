/** Writes `src/optimizer/vector.wasm.ts` from `vector.wat`: `npm run wasm -w @branchline/trainer-tfjs`. */
import { writeFileSync } from 'node:fs';
import { assembled, TARGET } from './assembled.js';

writeFileSync(TARGET, await assembled());
