// Measures how much losses differ between held-out sequences, and how much paired differences between strategies do:
//
//     node --conditions=@branchline/source --import @oxc-node/core/register tools/held-out-deviation.mjs \
//       examples/quick.config.ts runs-deviation 'from scratch' continual 'path switching'
//
// Trains the named strategies of an experiment into a directory of runs of its own, evaluates every release sequence by
// sequence, and prints standard deviations in nats per token. The results are in docs/statistics.md; the defaults of
// packages/api/src/experiment/resolution.ts come from them.
import { resolve } from 'node:path';
import { bench, defineTrainer, loadExperiment, tfjs } from '@branchline/api';

const [file, runs, ...only] = process.argv.slice(2);
const { experiment, ...loaded } = await loadExperiment(resolve(file));

/** Losses of each sequence of the last evaluated release, by version. */
const losses = new Map();
const sequenceBySequence = defineTrainer({
  name: 'sequence-by-sequence',
  scoresText: false,
  async create(_, context) {
    const trainer = await tfjs({ engine: 'jit', device: 'cpu' }).create(context);
    const evaluate = trainer.evaluate.bind(trainer);
    trainer.evaluate = async (state, set) => {
      const parts = set.parts.flatMap((part) =>
        [...part.sequences].map((id) => ({ ...part, bytes: 0, sequences: Uint32Array.of(id) })),
      );
      const results = await evaluate(state, { ...set, parts });
      losses.set(
        set.parts[0].version,
        results.map(({ nll, tokens }) => nll / tokens),
      );
      return evaluate(state, set);
    };
    return trainer;
  },
});

/** Losses of every release: all held-out sequences of the versions so far. */
const releases = new Map();
await bench(
  { ...experiment, compare: undefined, seeds: undefined, trainer: sequenceBySequence() },
  {
    ...loaded,
    only,
    runs,
    onEvent(event) {
      if (event.type !== 'release') return;
      const { strategy, version } = event;
      const seen = [...losses].filter(([of]) => of <= version).sort(([a], [b]) => a - b);
      releases.set(
        `${strategy} ${version}`,
        seen.flatMap(([, own]) => own),
      );
    },
  },
);

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
const show = (values) =>
  `${String(values.length).padStart(5)} sequences, mean ${mean(values).toFixed(4)}, deviation ${deviation(values).toFixed(4)}`;
for (const [name, own] of releases) process.stdout.write(`${name}: ${show(own)}\n`);
const versions = [...new Set([...releases.keys()].map((name) => name.split(' ').at(-1)))];
for (const version of versions)
  for (const [index, one] of only.entries())
    for (const other of only.slice(index + 1)) {
      const [a, b] = [one, other].map((name) => releases.get(`${name} ${version}`));
      process.stdout.write(`${one} - ${other}, ${version}: ${show(a.map((loss, at) => loss - b[at]))}\n`);
    }
