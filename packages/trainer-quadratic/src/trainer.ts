import {
  type CheckpointReader,
  type CheckpointWriter,
  defineTrainer,
  type EvaluationResult,
  type EvaluationSet,
  RandomStream,
  type RestoreParts,
  type StepBatch,
  type StepMetrics,
  type Trainer,
  type TrainerContext,
  type TrainerInfo,
  type WeightedCheckpoint,
} from '@branchline/core';
import { type Force, forceOf, spectrum } from './landscape.js';
import { fillNormal } from './normal.js';
import { type QuadraticSettings, quadraticOptions } from './options.js';
import { qualitiesOf } from './quality.js';
import { type Gradient, QuadraticState, readState, tensorsOf } from './state.js';

const NAME = 'trainer-quadratic';
/** Part of `numerics`, and so of every step key: raise it with every change that can change a bit. */
const VERSION = '0.1.0';

/**
 * SGD on a quadratic, with the plan's learning rates. In mode `exact` every loss is the expectation over the noise of
 * the data, for given order and initial weights; in mode `sampled` it is the loss of one sample. The experiment's model
 * and optimizer are used for costs only.
 */
export class QuadraticTrainer implements Trainer<QuadraticState> {
  /** Nothing is compiled. */
  readonly warmUpSteps = 0;
  readonly #curvature: Float64Array;
  readonly #sampled: boolean;

  constructor(
    private readonly data: TrainerContext['data'],
    private readonly settings: QuadraticSettings,
  ) {
    this.#curvature = spectrum(settings);
    this.#sampled = settings.mode === 'sampled';
  }

  describe(): TrainerInfo {
    return {
      name: NAME,
      version: VERSION,
      engine: `noisy quadratic, ${this.settings.mode}`,
      device: 'cpu',
      precision: 'float32',
      deterministic: true,
      // Powers, logarithms and cosines depend on the JavaScript engine.
      numerics: `${NAME} ${VERSION} v8 ${process.versions.v8} ${JSON.stringify(this.settings)}`,
    };
  }

  async initialize(seed: number): Promise<QuadraticState> {
    const state = QuadraticState.empty(this.settings.dimension, this.#sampled);
    const drawn = fillNormal(new Float64Array(state.mean.length), new RandomStream(seed, 'initialize/quadratic'));
    state.mean.set(drawn.map((value) => this.settings.start * value));
    return state;
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<QuadraticState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw new Error(`${NAME}: weights that are drawn anew need a seed`);
    const state = weights
      ? await readState(checkpoint, this.settings.dimension, this.#sampled)
      : await this.initialize(seed!);
    if (optimizer && checkpoint.groups.includes('optimizer')) state.step = checkpoint.step;
    return state;
  }

  /** Throws before a step whose loss or gradient is not finite; the state before that step is kept. */
  async *train(state: QuadraticState, steps: StepBatch): AsyncGenerator<StepMetrics, void, undefined> {
    for (const [index, rate] of steps.lr.entries()) {
      // Yields between steps, as other trainers do.
      await Promise.resolve();
      state.assertAlive();
      const ids = steps.sequences[index]!;
      const force = forceOf(
        this.settings,
        qualitiesOf(this.data, ids, this.settings.noiseTokens),
        steps.weights?.[index],
      );
      const variances = state.variances();
      const loss = this.#trainingLoss(state.mean, variances, force);
      const gradient = this.#gradient(state, variances, force, ids);
      if (!Number.isFinite(rate) || !Number.isFinite(loss) || !Number.isFinite(gradient.norm)) {
        throw new Error(
          `${NAME}: the model diverged: step ${state.step + 1} at learning rate ${rate} gave loss ${loss} and gradient norm ` +
            `${gradient.norm}; a quadratic of curvature 1 needs rates below 2: lower lr.peak`,
        );
      }
      state.descend(gradient, rate);
      state.step++;
      yield { loss, gradNorm: gradient.norm };
    }
  }

  async evaluate(state: QuadraticState, set: EvaluationSet): Promise<readonly EvaluationResult[]> {
    state.assertAlive();
    const loss = this.#loss(state.mean, state.variances(), 0);
    if (!Number.isFinite(loss)) throw new Error(`${NAME}: the model diverged: its loss is ${loss}; lower lr.peak`);
    return set.parts.map(({ version, domain, sequences, bytes }) => {
      const tokens = sequences.length * this.data.context;
      return { version, domain, nll: tokens * loss, tokens, bytes };
    });
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<QuadraticState> {
    if (parts.length === 0) throw new Error(`${NAME}: a combination needs at least one checkpoint`);
    const { dimension } = this.settings;
    const states: QuadraticState[] = [];
    for (const { checkpoint } of parts) states.push(await readState(checkpoint, dimension, this.#sampled));
    const sum = (arrays: readonly Float32Array[]) => {
      const total = new Float64Array(Math.max(...arrays.map(({ length }) => length)));
      for (const [index, values] of arrays.entries()) {
        for (let i = 0; i < values.length; i++) total[i]! += parts[index]!.weight * values[i]!;
      }
      return Float32Array.from(total);
    };
    const noises = states.flatMap(({ noise }) => noise ?? []);
    return new QuadraticState(sum(states.map(({ mean }) => mean)), noises.length > 0 ? sum(noises) : null);
  }

  async save(state: QuadraticState, to: CheckpointWriter): Promise<void> {
    state.assertAlive();
    await to.write('weights', tensorsOf(state));
    // SGD has no moments; the empty group shows that the step count is part of the checkpoint.
    await to.write('optimizer', []);
  }

  async dispose(): Promise<void> {}

  /**
   * Expected loss for text with its optimum at `optimum`: the sum of half the curvature times the expected squared
   * distance.
   */
  #loss(mean: Float32Array, variances: Float64Array, optimum: number): number {
    return this.#curvature.reduce(
      (sum, curvature, i) => sum + (curvature / 2) * ((mean[i]! - optimum) ** 2 + variances[i]!),
      0,
    );
  }

  /** Loss of a batch of clean text and noise. The loss of the noise is scaled by `pull`. */
  #trainingLoss(mean: Float32Array, variances: Float64Array, { corruption }: Force): number {
    const { pull, drift = 1 } = this.settings;
    const noise = pull === 0 ? 0 : pull * this.#loss(mean, variances, drift);
    return (1 - corruption) * this.#loss(mean, variances, 0) + corruption * noise;
  }

  #gradient(state: QuadraticState, variances: Float64Array, force: Force, ids: Uint32Array): Gradient {
    const curvature = this.#curvature;
    const slope = curvature.map((value) => value * force.stiffness);
    const mean = curvature.map((value, i) => slope[i]! * state.mean[i]! - value * force.offset);
    const own = new Map<number, number>();
    for (const [row, id] of ids.entries()) own.set(id, (own.get(id) ?? 0) + force.noise[row]!);
    const noise = [...own].map(([sequence, amount]) => ({
      sequence,
      amounts: curvature.map((value) => Math.sqrt(value) * amount),
    }));
    if (this.#sampled) {
      for (const { sequence, amounts } of noise) {
        const stream = new RandomStream(this.settings.seed ?? 1, `noise/${sequence}`);
        const drawn = fillNormal(new Float64Array(mean.length), stream);
        for (let i = 0; i < mean.length; i++) mean[i]! += amounts[i]! * drawn[i]!;
      }
      return { mean, slope, noise: [], norm: Math.sqrt(squares(mean)) };
    }
    let square = squares(mean) + slope.reduce((sum, value, i) => sum + value ** 2 * variances[i]!, 0);
    for (const { sequence, amounts } of noise) {
      // Earlier noise of the same sequence is in the weights and correlates with its new noise.
      const before = state.noiseOf(sequence);
      for (let i = 0; i < mean.length; i++) square += amounts[i]! * (amounts[i]! + 2 * slope[i]! * (before[i] ?? 0));
    }
    return { mean, slope, noise, norm: Math.sqrt(square) };
  }
}

function squares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value ** 2;
  return sum;
}

/**
 * The quadratic trainer, for experiments and the conformance kit: `quadratic({ mode: 'sampled' })`. In mode `exact` a
 * state has four bytes per sequence and direction, up to the highest trained sequence id.
 */
export const quadratic = defineTrainer({
  name: 'quadratic',
  version: VERSION,
  description:
    'SGD on a noisy quadratic in place of a language model: losses are calculated, in microseconds per step.',
  options: quadraticOptions,
  // Losses do not depend on text.
  scoresText: false,
  create: async (settings, { data }) => new QuadraticTrainer(data, settings),
});
