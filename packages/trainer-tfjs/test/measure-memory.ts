/**
 * Prints the peak memory of this process in bytes, as JSON: after a start with a tiny model, after a first step of the
 * model with these fields, and after two more and an evaluation. Arguments: the fields as JSON, sequences per step.
 */
import { modelSchema } from '@branchline/model';
import { create, steps, tiny, train } from './fixtures.js';

const [fields, sequences] = process.argv.slice(2);
const options = { engine: 'jit', threads: 2 } as const;
const peak = () => 1024 * process.resourceUsage().maxRSS;

const small = await create(options);
await train(small, await small.initialize(1), steps(2, 2));
await small.dispose();
const start = peak();

const spec = modelSchema.parse({ ...tiny, ...(JSON.parse(fields!) as object) });
const trainer = await create(options, spec);
const state = await trainer.initialize(1);
await train(trainer, state, steps(1, Number(sequences)));
const first = peak();
await train(trainer, state, steps(2, Number(sequences), Number(sequences)));
await trainer.evaluate(state, {
  digest: '',
  parts: [{ version: 1, domain: '', sequences: Uint32Array.of(0), bytes: 1 }],
});
console.log(JSON.stringify({ start, first, end: peak() }));
await trainer.dispose();
