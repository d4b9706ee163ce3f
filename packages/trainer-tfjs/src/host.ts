import type { OptimizerSpec } from '@branchline/core';
import { type ModelSpec, parameterCount, parameterTable } from '@branchline/model';
import { Batch } from './batch.js';
import { program } from './decoder.js';
import { distilProgram, type Teaching } from './distil-program.js';
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
  teaching?: Teaching,
): Promise<Training> {
  const table = parameterTable(spec);
  const segments = segmentsOf(table, optimizer.groups);
  const { own, inputs, teacher, batch } = trainInputs(spec, sequences, teaching);
  const runnable = await engine.prepare(own);
  const gradient = new Float32Array(segments.at(-1)!.end);
  const squares = new Float64Array(blocksOf(gradient.length));
  const results = [batch.nll, ...views(table, gradient)];
  let last: Slots | undefined;
  return {
    batch,
    ...(teacher && { teacher }),
    async gradient(state) {
      last = state;
      await runnable.run([...inputs, ...views(table, state.weights)], results);
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

/** The training program of a batch, with its inputs before the weights. */
function trainInputs(spec: ModelSpec, sequences: number, teaching: Teaching | undefined) {
  const batch = new Batch(sequences, spec.context, spec.vocabulary, sequences, teaching !== undefined);
  const { tokens, targets, factors, distilled } = batch;
  if (teaching === undefined) {
    return { own: program('train', spec, sequences), inputs: [tokens, targets, factors], teacher: undefined, batch };
  }
  const table = parameterTable(teaching.teacher);
  const teacher = new Float32Array(parameterCount(teaching.teacher));
  const inputs = [tokens, targets, factors, distilled, ...views(table, teacher)];
  return { own: distilProgram(spec, sequences, teaching), inputs, teacher, batch };
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
