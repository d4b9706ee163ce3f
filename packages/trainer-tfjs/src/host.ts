import type { OptimizerSpec } from '@branchline/core';
import { type ModelSpec, parameterTable } from '@branchline/model';
import { Batch } from './batch.js';
import { program } from './decoder.js';
import type { Engine, Evaluation, Training } from './engine.js';
import { adamw, segmentsOf } from './optimizer/adamw.js';
import { blocksOf, normOf, squaresOf } from './optimizer/gradient.js';
import type { Slots } from './optimizer/vector.js';
import { views } from './state.js';

/** Training for engines that only run programs: the whole batch at once, the optimizer in this thread. */
export async function hostTraining(
  engine: Engine,
  spec: ModelSpec,
  optimizer: OptimizerSpec,
  sequences: number,
): Promise<Training> {
  const table = parameterTable(spec);
  const segments = segmentsOf(table, optimizer.groups);
  const runnable = await engine.prepare(program('train', spec, sequences));
  const batch = new Batch(sequences, spec.context, spec.vocabulary);
  const gradient = new Float32Array(segments.at(-1)!.end);
  const squares = new Float64Array(blocksOf(gradient.length));
  const results = [batch.nll, ...views(table, gradient)];
  let last: Slots | undefined;
  return {
    batch,
    async gradient(state) {
      last = state;
      await runnable.run([batch.tokens, batch.targets, batch.factors, ...views(table, state.weights)], results);
      squaresOf(gradient, squares, { from: 0, to: gradient.length });
      return normOf(squares);
    },
    update: async (step) => adamw(last!, gradient, segments, optimizer, step),
    release: async () => {
      last = undefined;
    },
    dispose: () => runnable.dispose(),
  };
}

/** Evaluation for engines that only run programs. */
export async function hostEvaluation(engine: Engine, spec: ModelSpec, sequences: number): Promise<Evaluation> {
  const table = parameterTable(spec);
  const runnable = await engine.prepare(program('evaluate', spec, sequences));
  const batch = new Batch(sequences, spec.context, spec.vocabulary);
  return {
    batch,
    run: ({ weights }) => runnable.run([batch.tokens, batch.targets, ...views(table, weights)], [batch.nll]),
    release: async () => {},
    dispose: () => runnable.dispose(),
  };
}
