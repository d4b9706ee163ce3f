/**
 * Benchmarks the kernel's overhead per step: planning, hooks, events, checkpoints and the ledger, as a fraction of a
 * step of the embedded trainer at one million parameters, measured in the same run. `npm run bench:kernel`; `--json`
 * prints the figures.
 */
import { definePlugin } from '@branchline/core';
import { createExperiment } from '@branchline/evaluation';
import { describeModel, modelSchema, optimizerSchema, parameterCount } from '@branchline/model';
import { inTemporaryDirectory, smallExperiment, syntheticData, ToyTrainer } from '@branchline/testing';
import { tfjs } from '@branchline/trainer-tfjs';

const STEPS = 10_000;
const BATCH = 16;
const ROUNDS = 5;

const data = syntheticData({ versions: [STEPS * BATCH], context: 128, vocabulary: 257 });
const trainOn = definePlugin({
  name: 'train-on',
  onVersion: () => ({ start: { from: 'scratch' } }),
});
/** Decides at every step, and observes every step. */
const busy = definePlugin({
  name: 'busy',
  onStep: ({ step }) => ({ lr: { factor: 1 - step / (2 * STEPS) } }),
  observe() {
    const seen = { steps: 0 };
    return {
      afterStep() {
        seen.steps++;
      },
    };
  },
});

/**
 * Milliseconds per step of a whole run of the kernel, including the plan, with a trainer that computes almost nothing.
 */
async function kernelStep(plugins: Parameters<typeof smallExperiment>[0]['strategies'][string]): Promise<number> {
  return inTemporaryDirectory(async (directory) => {
    const parts = smallExperiment(
      { strategies: { one: plugins }, data, spec: { batch: BATCH, checkpointEvery: 1000 } },
      directory,
    );
    const began = performance.now();
    const experiment = createExperiment(parts);
    const { failures } = await experiment.run(await experiment.plan(), { command: 'bench:kernel' });
    if (failures[0]) throw failures[0].error;
    return (performance.now() - began) / STEPS;
  });
}

/** Milliseconds per step of that trainer alone. */
async function toyStep(): Promise<number> {
  const trainer = new ToyTrainer();
  const state = await trainer.initialize(1);
  const sequences = Array.from({ length: STEPS }, (_, step) =>
    Uint32Array.from({ length: BATCH }, (_unused, row) => step * BATCH + row),
  );
  const began = performance.now();
  for await (const _ of trainer.train(state, { lr: new Float64Array(STEPS).fill(0.01), sequences }));
  return (performance.now() - began) / STEPS;
}

const model = modelSchema.parse({ layers: 5, width: 128, heads: 2, context: 128, vocabulary: 257 });
const context = { model: describeModel(model), optimizer: optimizerSchema.parse({}), data };
const jit = await tfjs({ engine: 'jit' }).create(context);
const state = await jit.initialize(1);

/** Milliseconds per step of the embedded trainer. */
async function jitStep(): Promise<number> {
  const count = 10;
  const ids = Uint32Array.from({ length: BATCH }, (_, row) => row);
  const work = { lr: new Float64Array(count).fill(1e-4), sequences: new Array<Uint32Array>(count).fill(ids) };
  const began = performance.now();
  for await (const _ of jit.train(state, work));
  return (performance.now() - began) / count;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const rounds: { jit: number; toy: number; bare: number; hooked: number }[] = [];
await jitStep();
for (let round = 0; round < ROUNDS; round++) {
  rounds.push({
    jit: await jitStep(),
    toy: await toyStep(),
    bare: await kernelStep([trainOn()]),
    hooked: await kernelStep([trainOn(), busy()]),
  });
}
await jit.dispose();
const figures = {
  params: parameterCount(model),
  jitMilliseconds: median(rounds.map(({ jit: own }) => own)),
  kernelMicroseconds: median(rounds.map(({ bare, toy }) => 1000 * (bare - toy))),
  hooksMicroseconds: median(rounds.map(({ hooked, toy }) => 1000 * (hooked - toy))),
  kernelShare: median(rounds.map(({ bare, toy, jit: own }) => (bare - toy) / own)),
  hooksShare: median(rounds.map(({ hooked, toy, jit: own }) => (hooked - toy) / own)),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else {
  const percent = (share: number) => `${(100 * share).toFixed(2)}% of a step`;
  console.log(
    `jit, ${(figures.params / 1e6).toFixed(2)}M parameters, ${BATCH} x 128 tokens: ${figures.jitMilliseconds.toFixed(1)} ms a step`,
  );
  console.log(`kernel: ${figures.kernelMicroseconds.toFixed(1)} us, ${percent(figures.kernelShare)}`);
  console.log(
    `kernel with onStep and afterStep: ${figures.hooksMicroseconds.toFixed(1)} us, ${percent(figures.hooksShare)}`,
  );
}
