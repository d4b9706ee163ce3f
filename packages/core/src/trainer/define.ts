import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Problem } from '../errors.js';
import type { ModelDescription, ObjectivePart, Trainer, TrainerContext, TrainerFactory } from './trainer.js';

/** Definition of a trainer. */
export interface TrainerDefinition<
  Schema extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>,
  Made extends Trainer = Trainer,
> {
  /** The name in experiment files, lower case with hyphens: `tfjs`. */
  readonly name: string;
  /** For display; everything that affects bits is in `TrainerInfo.numerics`. */
  readonly version?: string;
  /** One sentence, for listings. */
  readonly description?: string;
  /** Validates options and adds defaults. Absent: the trainer has no options. */
  readonly options?: Schema;
  /** Whether the trainer has `score`, which tasks require. Default true. */
  readonly scoresText?: boolean;
  /**
   * Whether the trainer has weighted sums of checkpoints, which releases that are averages require. Default true. If
   * not, strategies with such releases fail when they are planned.
   */
  readonly averages?: boolean;
  /**
   * Whether the trainer applies the decoder's `multipliers` and the `groups` of the optimizer. Default false:
   * experiments with either are rejected.
   */
  readonly parametrized?: boolean;
  /**
   * What steps of a trainer with these options can optimise besides the loss of weighted sequences; see
   * `StepObjective`. Strategies that need more fail when they are planned. Absent: nothing.
   */
  objectives?(options: StandardSchemaV1.InferOutput<Schema>): readonly ObjectivePart[];
  /** Whether the trainer trains mixtures of experts (`model.experts`). Default true. */
  readonly mixtures?: boolean;
  /** Whether the trainer predicts losses by a law instead of training. Default false. */
  readonly predicts?: boolean;
  /**
   * What keeps the trainer from training a model of `transformers` outside the decoder family, asked before text is
   * read; empty if it can. Messages of problems without a `configPath` follow the name of the checkpoint. Absent: it
   * trains no such model, and experiments that continue one are rejected.
   */
  checkModel?(options: StandardSchemaV1.InferOutput<Schema>, model: ModelDescription): Promise<readonly Problem[]>;
  /** Makes a trainer from validated options. Rejects with a message that says what is missing and how to install it. */
  create(options: StandardSchemaV1.InferOutput<Schema>, context: TrainerContext): Promise<Made>;
}

/** A trainer with options, for `trainer` in an experiment. */
export interface TrainerUse<Made extends Trainer = Trainer> extends TrainerFactory {
  readonly trainer: TrainerDefinition;
  /** As the user wrote them, not validated. */
  readonly options: unknown;
  /** Validates the options and makes a trainer. */
  create(context: TrainerContext): Promise<Made>;
}

/** A trainer as users see it: a function from options to the value of `trainer` in an experiment. */
export type DefinedTrainer<Schema extends StandardSchemaV1, Made extends Trainer = Trainer> = ((
  options?: StandardSchemaV1.InferInput<Schema>,
) => TrainerUse<Made>) & { readonly trainer: TrainerDefinition<Schema, Made> };

/**
 * Declares a trainer. The result is called in experiment files, `quadratic({ mode: 'sampled' })`, and carries the
 * definition for experiments that name trainers in JSON or YAML. Options are validated together with the rest of the
 * experiment, so that all problems are reported at once.
 */
export function defineTrainer<
  Schema extends StandardSchemaV1 = StandardSchemaV1<undefined, undefined>,
  Made extends Trainer = Trainer,
>(trainer: TrainerDefinition<Schema, Made>): DefinedTrainer<Schema, Made> {
  const use = (options?: StandardSchemaV1.InferInput<Schema>): TrainerUse<Made> => ({
    name: trainer.name,
    trainer,
    options,
    create: async (context) => trainer.create(await checked(trainer, options), context),
  });
  return Object.assign(use, { trainer });
}

/** Validates options. Throws an Error with all problems. */
async function checked<Schema extends StandardSchemaV1>(
  { name, options: schema }: TrainerDefinition<Schema>,
  options: unknown,
): Promise<StandardSchemaV1.InferOutput<Schema>> {
  if (schema === undefined) {
    if (options === undefined) return undefined;
    throw new Error(`trainer ${name} takes no options`);
  }
  const result = await schema['~standard'].validate(options ?? {});
  if (result.issues === undefined) return result.value;
  const wrong = result.issues.map(({ path = [], message }) => {
    const keys = path.map((step) => String(typeof step === 'object' ? step.key : step));
    return [...(keys.length > 0 ? [`options.${keys.join('.')}`] : []), message].join(': ');
  });
  throw new Error(`trainer ${name}: ${wrong.join('; ')}`);
}
