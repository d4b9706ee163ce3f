/** What is compared: trainers of Branchline, and loops of PyTorch without it, on the same model and batches. */
import { fileURLToPath } from 'node:url';
import type { SequenceSource, Trainer, TrainerContext, TrainerState } from '@branchline/core';
import { describeModel, huggingFaceConfig, type ModelSpec, modelSchema, optimizerSchema } from '@branchline/model';
import { choosePython } from '../src/worker/start.ts';
import { LineProcess } from './line-process.ts';

/** Sequences of a step, and their tokens. */
export interface Shape {
  readonly batch: number;
  readonly context: number;
}

/** Takes steps and returns the seconds that they took. */
export interface Contender {
  readonly name: string;
  /** The process that computes. */
  readonly pid: number;
  run(steps: number): Promise<number>;
  stop(): Promise<void>;
}

const VOCABULARY = 257;

/** Models by their approximate number of parameters. */
export const SIZES: Readonly<Record<string, readonly [layers: number, width: number]>> = {
  '0.03M': [1, 32],
  '0.1M': [2, 64],
  '0.4M': [3, 96],
  '1M': [5, 128],
  '3.5M': [4, 256],
  '10M': [6, 384],
};

/** The model of a size, with heads of 32 elements. */
export function modelOf(size: string, context: number): ModelSpec {
  const found = SIZES[size];
  if (found === undefined) throw new Error(`no such size: ${size}; there are ${Object.keys(SIZES).join(', ')}`);
  const [layers, width] = found;
  return modelSchema.parse({ layers, width, heads: width / 32, context, vocabulary: VOCABULARY });
}

/** What a trainer of a model is created with. */
export function contextOf(spec: ModelSpec): TrainerContext {
  return { model: describeModel(spec), optimizer: optimizerSchema.parse({}), data: source(spec) };
}

function source({ context, vocabulary }: ModelSpec): SequenceSource {
  const length = context + 1;
  const token = (id: number, at: number) => (31 * id + 7 * at) % vocabulary;
  return {
    context,
    vocabulary,
    read: (ids) =>
      Int32Array.from({ length: ids.length * length }, (_, at) => token(ids[Math.floor(at / length)]!, at)),
  };
}

/** Takes steps with a state. */
export async function takeSteps<S extends TrainerState>(trainer: Trainer<S>, state: S, steps: number, batch: number) {
  const ids = Uint32Array.from({ length: batch }, (_, row) => row);
  const sequences = Array.from({ length: steps }, () => ids);
  for await (const _ of trainer.train(state, { lr: new Float64Array(steps).fill(1e-3), sequences }));
}

/** Runs some work and returns its seconds. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

/** A trainer, which is disposed of in the end. */
export async function trainerContender<S extends TrainerState>(
  name: string,
  trainer: Trainer<S>,
  { batch }: Shape,
  pid: number,
): Promise<Contender> {
  const state = await trainer.initialize(1);
  return {
    name,
    pid,
    run: (steps) => secondsOf(() => takeSteps(trainer, state, steps, batch)),
    async stop() {
      state.dispose();
      await trainer.dispose();
    },
  };
}

/** How a loop of PyTorch is written. */
export interface LoopOptions {
  readonly precision?: 'float32' | 'bfloat16';
  /** Attention by transformers' own code and AdamW's default, instead of the fused kernels. */
  readonly plain?: boolean;
  /** Linear layers by oneDNN instead of what PyTorch takes, which is MKL in float32. */
  readonly oneDnn?: boolean;
}

/** A loop of PyTorch. */
export function loopContender(
  name: string,
  spec: ModelSpec,
  { batch, context }: Shape,
  threads: number,
  { precision = 'float32', plain = false, oneDnn = false }: LoopOptions,
): Contender {
  const own = LineProcess.start(choosePython(), [fileURLToPath(new URL('loop.py', import.meta.url))]);
  const settings = { config: huggingFaceConfig(spec), threads, batch, context, vocabulary: VOCABULARY };
  let made: Promise<unknown> | undefined;
  return {
    name,
    pid: own.pid,
    async run(steps) {
      made ??= own.ask({ ...settings, plain, precision, oneDnn });
      await made;
      return (await own.ask<{ seconds: number }>({ steps })).seconds;
    },
    stop: async () => own.stop(),
  };
}
