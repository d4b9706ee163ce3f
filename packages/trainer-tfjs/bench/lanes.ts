/**
 * `npm run bench:lanes`: one trainer with all threads against several that share them, in turns, on the same models:
 * tokens per second of all together, as a ratio.
 */
import { parseArgs } from 'node:util';
import { tfjs } from '../src/index.js';
import { mostThreads } from '../src/options.js';
import { contextOf, steps } from '../test/fixtures.js';
import { median } from './profile.js';
import { SIZES } from './sizes.js';

const HELP = `npm run bench:lanes -- [options]

  --sizes 0.3M,3.5M     some of ${Object.keys(SIZES).join(', ')} (default: all)
  --batch 16            sequences of 128 tokens per step
  --lanes 2             default: as many as threads
  --rounds 5            both sides have their turn in every round; the median of the ratios is printed
  --seconds 3           about as long a side trains in a round
`;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: Object.keys(SIZES).join() },
    batch: { type: 'string', default: '16' },
    lanes: { type: 'string', default: String(mostThreads()) },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const [batch, count, rounds, seconds] = [values.batch, values.lanes, values.rounds, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
];

/** Trainers that train at the same time. */
async function side(model: (typeof SIZES)[string], lanes: number) {
  const trainers = await Promise.all(
    Array.from({ length: lanes }, (_, index) =>
      tfjs({ engine: 'jit' }).create({ ...contextOf(model), ...(lanes > 1 && { lane: { index, count: lanes } }) }),
    ),
  );
  const states = await Promise.all(trainers.map((trainer) => trainer.initialize(1)));
  let first = 0;
  const train = async (each: number): Promise<number> => {
    const work = steps(each, batch, first, 1e-4);
    first += each * batch;
    const began = performance.now();
    await Promise.all(
      trainers.map(async (trainer, lane) => {
        for await (const _ of trainer.train(states[lane]!, work));
      }),
    );
    return (lanes * each) / ((performance.now() - began) / 1000);
  };
  return { train, dispose: () => Promise.all(trainers.map((trainer) => trainer.dispose())) };
}

console.log(`${mostThreads()} threads: one trainer with all of them, and ${count} lanes that share them\n`);
console.log('| parameters | batch | one, tokens/s | lanes, tokens/s | ratio | smallest | largest |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const name of values.sizes.split(',')) {
  const model = SIZES[name];
  if (model === undefined) throw new Error(`--sizes takes ${Object.keys(SIZES).join(', ')}, not '${name}'`);
  const one = await side(model, 1);
  const many = await side(model, count);
  await many.train(2);
  await one.train(2);
  const each = Math.max(2, Math.round((await one.train(4)) * seconds));
  const speeds: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round++) {
    speeds.push([await one.train(each), await many.train(Math.max(2, Math.round(each / count)))]);
  }
  const ratios = speeds.map(([a, b]) => b / a).sort((a, b) => a - b);
  const tokens = (column: 0 | 1) => Math.round(median(speeds.map((pair) => pair[column])) * batch * model.context);
  const cells = [
    name,
    batch,
    tokens(0),
    tokens(1),
    median(ratios).toFixed(2),
    ratios[0]!.toFixed(2),
    ratios.at(-1)!.toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
  await one.dispose();
  await many.dispose();
}
