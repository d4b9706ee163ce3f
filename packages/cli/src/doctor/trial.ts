import type { SequenceSource } from '@branchline/core';
import { describeModel, type ModelSpec, modelSchema, optimizerSchema, parameterCount } from '@branchline/model';
import type { TfjsState, TfjsTrainer, TfjsTrainerOptions } from '@branchline/trainer-tfjs';

/** Size of a trial: the model, and the sequences per step. */
export interface TrialSize {
  readonly model: ModelSpec;
  readonly batch: number;
}

const sized = (batch: number, layers: number, width: number, heads: number, context: number): TrialSize => ({
  batch,
  model: modelSchema.parse({ layers, width, heads, context, vocabulary: 257 }),
});

/** A decoder of 0.25 million parameters: every engine trains a step of it within seconds. */
export const MEASURED = sized(8, 2, 96, 4, 128);
/** The smallest size that runs every operation. */
export const SMALLEST = sized(2, 1, 16, 2, 8);

/** Tokens per step of a trial. */
export const tokensOf = ({ model, batch }: TrialSize): number => batch * model.context;

/** `0.25M parameters, 8 x 128 tokens a step` as data. */
export const describeSize = (size: TrialSize) => ({
  parameters: parameterCount(size.model),
  tokensPerStep: tokensOf(size),
});

/** A throw-away training, to test whether an engine trains and to measure its speed. */
export class Trial {
  #next = 0;

  private constructor(
    private readonly trainer: TfjsTrainer,
    private readonly state: TfjsState,
    private readonly size: TrialSize,
  ) {}

  static async create(options: TfjsTrainerOptions, size: TrialSize): Promise<Trial> {
    const { tfjs } = await import('@branchline/trainer-tfjs');
    const model = describeModel(size.model);
    const trainer = await tfjs(options).create({
      model,
      optimizer: optimizerSchema.parse({}),
      data: text(size),
    });
    return new Trial(trainer, await trainer.initialize(1), size);
  }

  /** Trains some steps. Returns the elapsed seconds. Rejects if a loss is not finite. */
  async train(steps: number): Promise<number> {
    const { batch } = this.size;
    const sequences = Array.from({ length: steps }, () =>
      Uint32Array.from({ length: batch }, () => this.#next++ >>> 0),
    );
    const begun = performance.now();
    for await (const _ of this.trainer.train(this.state, { lr: new Float64Array(steps).fill(1e-3), sequences }));
    return (performance.now() - begun) / 1000;
  }

  async dispose(): Promise<void> {
    this.state.dispose();
    await this.trainer.dispose();
  }
}

/** Random tokens with the access pattern of text: each sequence repeats a few tokens of its own. */
export function text({ model: { context, vocabulary } }: TrialSize): SequenceSource {
  const length = context + 1;
  return {
    context,
    vocabulary,
    read: (ids) =>
      Int32Array.from({ length: ids.length * length }, (_, at) => {
        const id = ids[Math.floor(at / length)]!;
        return (31 * id + 7 * ((at % length) % (3 + (id % 5)))) % vocabulary;
      }),
  };
}
