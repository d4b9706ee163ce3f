import {
  BranchlineError,
  type CheckpointReader,
  type CheckpointWriter,
  defineTrainer,
  digestJson,
  type EvaluationResult,
  type EvaluationSet,
  type RestoreParts,
  type StepBatch,
  type StepMetrics,
  type Trainer,
  type TrainerContext,
  type TrainerInfo,
  type WeightedCheckpoint,
} from '@branchline/core';
import { type LossLaw, lossAfter, powerOf, relativeInterval } from './law/law.js';
import { RateHistory } from './law/rate-history.js';
import { resolveLaw, simulatedOptions } from './options.js';
import { readState, SimulatedState, tensorsOf } from './state.js';

const NAME = 'trainer-simulated';
/** Part of `numerics`, and so of every step key: raise it with every change that can change a bit. */
const VERSION = '0.1.0';
/** Rates above this multiple of the highest fitted peak are refused: a law does not know where training diverges. */
const FARTHEST = 10;

/**
 * Predicts losses from the learning rates by a law. A state is the history of its rates. The loss does not depend on
 * the data, its order or its version, nor on the seed: every part of an evaluation has the same loss per token.
 */
export class SimulatedTrainer implements Trainer<SimulatedState> {
  /** Nothing is compiled. */
  readonly warmUpSteps = 0;
  readonly #power: number;

  constructor(
    private readonly data: TrainerContext['data'],
    private readonly law: LossLaw,
  ) {
    this.#power = powerOf(law);
  }

  describe(): TrainerInfo {
    const { form, name = form, constants, warmup } = this.law;
    return {
      name: NAME,
      version: VERSION,
      engine: `predicted by the law ${name}`,
      device: 'cpu',
      precision: 'float32',
      deterministic: true,
      // Powers and logarithms depend on the JavaScript engine.
      numerics: `${NAME} ${VERSION} v8 ${process.versions.v8} ${digestJson({ form, constants, warmup })}`,
      predicted: { law: name, interval: relativeInterval(this.law) },
    };
  }

  async initialize(seed: number): Promise<SimulatedState> {
    return new SimulatedState(seed, new RateHistory(this.#power));
  }

  /** New weights have no history. Moments are not simulated: their step count is all that is restored of them. */
  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<SimulatedState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw new Error(`${NAME}: weights that are drawn anew need a seed`);
    const state = weights ? await readState(checkpoint, this.#power) : await this.initialize(seed!);
    if (optimizer && checkpoint.groups.includes('optimizer')) state.step = checkpoint.step;
    return state;
  }

  /**
   * Yields the predicted loss before each step; the norm of the gradient is 0, because no law predicts it. Throws a
   * `trainer` error, before the step, for a rate far above those of the fit, and for loss weights that differ.
   */
  async *train(state: SimulatedState, steps: StepBatch): AsyncGenerator<StepMetrics, void, undefined> {
    for (const [index, rate] of steps.lr.entries()) {
      // Yields between steps, as other trainers do.
      await Promise.resolve();
      state.assertAlive();
      this.#assertCovered(rate, steps.weights?.[index]);
      const loss = this.#lossOf(state);
      state.history.push(rate);
      state.step++;
      yield { loss, gradNorm: 0 };
    }
  }

  async evaluate(state: SimulatedState, set: EvaluationSet): Promise<readonly EvaluationResult[]> {
    state.assertAlive();
    const loss = this.#lossOf(state);
    return set.parts.map(({ version, domain, sequences, bytes }) => {
      const tokens = sequences.length * this.data.context;
      return { version, domain, nll: tokens * loss, tokens, bytes };
    });
  }

  /** Throws a `trainer` error: no law covers averages. A sum of one checkpoint with weight 1 is that checkpoint. */
  async combine(parts: readonly WeightedCheckpoint[]): Promise<SimulatedState> {
    const [only] = parts;
    if (parts.length === 1 && only!.weight === 1) return readState(only!.checkpoint, this.#power);
    throw new BranchlineError('trainer', {
      message: `${NAME} cannot average checkpoints: no loss law predicts the loss of an average`,
      remedy: 'Leave out strategies that release averages, or train them with tfjs or torch.',
    });
  }

  async save(state: SimulatedState, to: CheckpointWriter): Promise<void> {
    state.assertAlive();
    await to.write('weights', tensorsOf(state));
    // The empty group shows that the step count is part of the checkpoint.
    await to.write('optimizer', []);
  }

  async dispose(): Promise<void> {}

  /** Nats per token: at most that of guessing every token alike, which is where training begins. */
  #lossOf({ history }: SimulatedState): number {
    const loss = lossAfter(this.law, history.snapshot());
    if (Number.isNaN(loss)) throw new Error(`${NAME}: the history of learning rates has numbers that are not finite`);
    return Math.min(loss, Math.log(this.data.vocabulary));
  }

  #assertCovered(rate: number, weights: Float32Array | undefined): void {
    const highest = this.law.fitted.peaks[1];
    if (!(rate >= 0 && rate <= FARTHEST * highest)) {
      throw new BranchlineError('trainer', {
        message:
          `${NAME}: a learning rate of ${rate} cannot be predicted: the law was fitted at peaks up to ${highest}, and ` +
          'does not know at which rates training diverges',
        remedy: `Lower lr.peak, at most to ${FARTHEST * highest}, or fit a law to runs at such rates.`,
      });
    }
    if (weights?.some((weight) => weight !== weights[0])) {
      throw new BranchlineError('trainer', {
        message: `${NAME} cannot weight sequences: no loss law predicts what their weights change`,
        remedy: 'Leave out strategies that weight sequences, or train them with tfjs or torch.',
      });
    }
  }
}

/** The simulated trainer, for experiments: `simulated({ law: './law.json' })`, or a published law by its name. */
export const simulated = defineTrainer({
  name: 'simulated',
  version: VERSION,
  description: 'Predicts losses from the learning rates by a fitted law; nothing is trained, in microseconds per step.',
  options: simulatedOptions,
  // Losses do not depend on text.
  scoresText: false,
  averages: false,
  predicts: true,
  create: async ({ law }, { data, directory = '.' }) => new SimulatedTrainer(data, resolveLaw(law, directory)),
});
