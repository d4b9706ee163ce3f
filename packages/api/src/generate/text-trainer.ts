import { BranchlineError, messageOf, type SequenceSource, type Trainer } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { describeModel, isTransformers, optimizerSchema, parseSpec, typeOf } from '@branchline/model';
import { tfjs } from '@branchline/trainer-tfjs/define';
import { readTrainer, type TrainerConfig } from '../config/trainer.js';
import type { ModuleLoading } from '../files/module.js';
import { TrainerFinder } from '../registry/trainers.js';

/** A trainer that can generate text. */
export type TextTrainer = Trainer & Required<Pick<Trainer, 'decode'>>;

/** Which trainer continues texts. */
export interface TextTrainerChoice {
  /** Default: the embedded trainer, on the processor. It reads the checkpoints of the torch trainer too. */
  readonly trainer?: TrainerConfig;
  readonly loading?: ModuleLoading;
}

/**
 * Makes a trainer for the releases of a run, without their data. Throws a BranchlineError if it cannot continue their
 * texts.
 */
export async function makeTextTrainer(
  run: string,
  { model, data, trainer: trained }: Results,
  { trainer, loading }: TextTrainerChoice,
): Promise<TextTrainer> {
  const refuse = (message: string, remedy: string) => new BranchlineError('config', { message, remedy });
  if (trained.predicted !== undefined || data.uniformLoss === undefined || data.tokenizer === undefined) {
    throw refuse(
      `the releases of ${run} have no text: ${trained.name} trains no language model`,
      'Choose another run.',
    );
  }
  const spec = parseSpec(model.spec);
  if (trainer === undefined && isTransformers(spec)) {
    throw refuse(
      `the embedded trainer continues texts of decoders of the llama family, and the model of ${run} is a ${typeOf(spec)}`,
      `branchline store export ${run} STRATEGY --out model writes a folder for generate() of transformers.`,
    );
  }
  const context = {
    model: describeModel(spec),
    optimizer: optimizerSchema.parse({}),
    data: noSequences(spec.context, spec.vocabulary),
  };
  if (trainer === undefined) {
    // On the processor equal seeds give equal texts. Where ONNX Runtime is missing, another engine works.
    return tfjs({ engine: 'jit' })
      .create(context)
      .catch(() => tfjs().create(context));
  }
  const problems: BranchlineError['problems'][number][] = [];
  const checked = await readTrainer(trainer, { finder: new TrainerFinder(process.cwd(), loading), problems });
  if (checked === undefined) throw new BranchlineError('config', problems);
  const made = await checked.create(context).catch((cause: unknown) => {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { configPath: 'trainer', message: messageOf(cause) }, { cause });
  });
  if (canDecode(made)) return made;
  await made.dispose();
  throw refuse(
    `trainer ${checked.definition.name} cannot generate text: it has no decode()`,
    'Leave the trainer out: the embedded one continues texts of every decoder of the llama family.',
  );
}

const canDecode = (trainer: Trainer): trainer is TextTrainer => trainer.decode !== undefined;

function noSequences(context: number, vocabulary: number): SequenceSource {
  const read = () => {
    throw new Error('texts are continued without the data of the run');
  };
  return { context, vocabulary, read };
}
