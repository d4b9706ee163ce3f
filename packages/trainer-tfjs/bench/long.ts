/**
 * Trains ten thousand steps (or the number given as argument), to show whether memory and speed stay flat:
 * `npm run bench:long`. Prints a line for every tenth, and the speed of the second half relative to the first.
 */
import { modelSchema } from '@branchline/model';
import { tfjs } from '../src/index.js';
import { contextOf, steps } from '../test/fixtures.js';

const TENTHS = 10;
const count = Number(process.argv[2] ?? 10_000);
if (!Number.isInteger(count / TENTHS) || count <= 0) {
  console.error(`steps must be a positive multiple of ${TENTHS}, not '${process.argv[2]}'`);
  process.exit(2);
}
const spec = modelSchema.parse({ layers: 2, width: 64, heads: 2, context: 128, vocabulary: 257 });
const trainer = await tfjs({ engine: 'jit' }).create(contextOf(spec));
const state = await trainer.initialize(1);
const rates: number[] = [];
const memory: number[] = [];
for (let tenth = 0; tenth < TENTHS; tenth++) {
  const each = count / TENTHS;
  const began = performance.now();
  for await (const _ of trainer.train(state, steps(each, 2, tenth * each * 2, 1e-3)));
  rates.push((1000 * each) / (performance.now() - began));
  memory.push(process.memoryUsage.rss() / 2 ** 20);
  console.log(`${(tenth + 1) * each} steps: ${rates.at(-1)!.toFixed(0)} steps/s, ${memory.at(-1)!.toFixed(0)} MiB`);
}
await trainer.dispose();
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const half = TENTHS / 2;
const speed = mean(rates.slice(half)) / mean(rates.slice(0, half));
console.log(
  `second half to first: speed ${speed.toFixed(2)}x; memory from the middle to the end ${(memory.at(-1)! - memory[half - 1]!).toFixed(1)} MiB`,
);
