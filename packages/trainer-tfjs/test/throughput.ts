/**
 * Measures training throughput: tokens per second of each engine, for the sizes of the quick experiment.
 * In the folder of this package:
 * `node --conditions=@branchline/source --import @oxc-node/core/register test/throughput.ts`
 * Arguments choose engines (`jit1 jit2 wasm`) and sizes (`small medium`); by default all of them.
 */
import { type ModelSpec, modelSchema, parameterCount } from '@branchline/model';
import { tfjsTrainer } from '../src/index.js';
import { contextOf, steps } from './fixtures.js';

const sizes: Record<string, Partial<ModelSpec>> = {
  small: { layers: 3, width: 96, heads: 4 },
  medium: { layers: 4, width: 128, heads: 4 },
};
const engines = {
  jit1: { engine: 'jit', threads: 1 },
  jit2: { engine: 'jit', threads: 2 },
  wasm: { engine: 'eager', backend: 'wasm' },
} as const;
const chosen = process.argv.slice(2).filter((name): name is keyof typeof engines => name in engines);

for (const [size, options] of Object.entries(sizes)) {
  if (process.argv.some((name) => name in sizes) && !process.argv.includes(size)) continue;
  const spec = modelSchema.parse({ context: 128, vocabulary: 257, ...options });
  for (const name of chosen.length > 0 ? chosen : (Object.keys(engines) as (keyof typeof engines)[])) {
    const trainer = await tfjsTrainer(engines[name]).create(contextOf(spec));
    const state = await trainer.initialize(1);
    const batch = name === 'wasm' ? steps(4, 16) : steps(60, 16);
    const times: number[] = [];
    let last = performance.now();
    for await (const _ of trainer.train(state, batch)) {
      times.push(performance.now() - last);
      last = performance.now();
    }
    const rest = times.slice(Math.min(5, times.length >> 1)).sort((a, b) => a - b);
    const median = rest[rest.length >> 1]!;
    const rate = (16 * 128 * 1000) / median;
    const gigaflops = (rate * contextOf(spec).model.flopsPerToken) / 1e9;
    console.log(
      `${size} (${(parameterCount(spec) / 1e6).toFixed(2)}M) ${name}: ${rate.toFixed(0)} tokens/s, ` +
        `${median.toFixed(1)} ms per step (best ${rest[0]!.toFixed(1)}), ${gigaflops.toFixed(0)} GFLOP/s, first ${times[0]!.toFixed(0)} ms`,
    );
    await trainer.dispose();
  }
}
