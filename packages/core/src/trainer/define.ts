import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Trainer, TrainerContext, TrainerFactory } from './trainer.js';

/** A trainer with its options. */
export interface TrainerDefinition<
  Schema extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>,
  Made extends Trainer = Trainer,
> {
  /** What an experiment calls it, in lower case and with hyphens: `tfjs`. */
  readonly name: string;
  /** For people; what decides bits is in `TrainerInfo.numerics`. */
  readonly version?: string;
  /** One sentence, for lists. */
  readonly description?: string;
  /** Checks the options and fills in defaults. Absent: the trainer takes none. */
  readonly options?: Schema;
  /** Whether it has `score`, so that an experiment may have tasks. Default true. */
  readonly scoresText?: boolean;
  /** Makes a trainer. `options` passed the schema. Rejects with what is missing and what adds it. */
  create(options: StandardSchemaV1.InferOutput<Schema>, context: TrainerContext): Promise<Made>;
}

/** A trainer with options: what an experiment takes as `trainer`. */
export interface TrainerUse<Made extends Trainer = Trainer> extends TrainerFactory {
  readonly trainer: TrainerDefinition;
  /** As given; the schema has not seen them. */
  readonly options: unknown;
  /** Checks the options and makes a trainer. */
  create(context: TrainerContext): Promise<Made>;
}

/** A trainer as its users see it: called with options it gives what an experiment takes. */
export type DefinedTrainer<Schema extends StandardSchemaV1, Made extends Trainer = Trainer> = ((
  options?: StandardSchemaV1.InferInput<Schema>,
) => TrainerUse<Made>) & { readonly trainer: TrainerDefinition<Schema, Made> };

/**
 * Declares a trainer. The result is called in experiment files, `quadratic({ mode: 'sampled' })`, and carries the
 * definition for those who name trainers in JSON or YAML. An experiment checks the options together with everything
 * else in it, so that all problems are reported at once.
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

/** The options behind the schema. Throws an Error with everything that is wrong with them. */
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
