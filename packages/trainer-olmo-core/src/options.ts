import { expected, workerOptions } from '@branchline/trainer-torch/options';
import { z } from 'zod';

/** Fields of OLMo-core's TransformerTrainModuleConfig that are the user's. */
const OPEN = [
  ...['dp_config', 'tp_config', 'cp_config', 'pp_config', 'ep_config', 'ac_config'],
  ...['float8_config', 'compile_model'],
] as const;

/** The others, and what sets them here. */
const TAKEN: Readonly<Record<string, string>> = {
  optim: 'set optimizer in the experiment',
  scheduler: 'the strategy gives the rate of every step: set lr',
  max_grad_norm: 'set optimizer.clipNorm in the experiment',
  max_sequence_length: 'set model.context in the experiment',
  rank_microbatch_size: 'set microBatch, in sequences',
  autocast_precision: 'set precision',
  z_loss_multiplier: 'the loss of all trainers is the cross-entropy of the next token: leave it out',
  label_ignore_index: 'leave it out',
  state_dict_save_opts: 'checkpoints are those of all trainers: leave it out',
  state_dict_load_opts: 'checkpoints are those of all trainers: leave it out',
  load_key_mapping: 'checkpoints are those of all trainers: leave it out',
};

/** Kinds of parallelism whose degrees multiply. */
const DEGREES = ['tp_config', 'cp_config', 'pp_config'] as const;

const json = z.json();

/** Any JSON, without the recursive definition, which the JSON Schema of experiment files could not embed. */
const anyJson = z.custom<z.infer<typeof json>>((value) => json.safeParse(value).success, expected('JSON'));

const trainModule = z.record(z.string(), anyJson, expected('an object')).superRefine((value, context) => {
  for (const key of Object.keys(value)) {
    if ((OPEN as readonly string[]).includes(key)) continue;
    const message =
      key in TAKEN
        ? `${key} of OLMo-core is Branchline's: ${TAKEN[key]}`
        : `${key} is no option of OLMo-core's TransformerTrainModuleConfig; it has ${OPEN.join(', ')}`;
    context.addIssue({ code: 'custom', path: [key], message, input: value[key] });
  }
});

const options = workerOptions.omit({ stack: true }).extend({
  device: z
    .enum(['auto', 'cpu', 'cuda'], expected('"auto", "cpu" or "cuda"'))
    .default('auto')
    .describe('auto takes the GPUs that PyTorch sees, else the CPU.'),
  processes: workerOptions.shape.processes.describe(
    'Processes that train one model together, started by torchrun, each on a GPU. Degrees of parallelism in ' +
      'trainModule divide them; what is left is data parallelism.',
  ),
  microBatch: workerOptions.shape.microBatch.describe(
    'Sequences of a process at a time; gradients are added up. Default: its part of the batch; one with pp_config.',
  ),
  attention: z
    .string(expected('the name of a backend'))
    .min(1)
    .optional()
    .describe("OLMo-core's backend of attention: torch, flash_2, flash_3, flash_4 or te. Default: its own choice."),
  trainModule: trainModule
    .optional()
    .describe(
      "Fields of OLMo-core's TransformerTrainModuleConfig, by their names there: " +
        "{ tp_config: { degree: 8 }, dp_config: { name: 'hsdp' } }. Default: fsdp over all processes.",
    ),
  python: workerOptions.shape.python.describe(
    'A Python with ai2-olmo-core. Default: that of `branchline backend install olmo-core`, else python3.',
  ),
  record: workerOptions.shape.record.describe(
    'Write all requests to this file, for `python -m branchline_olmo_core replay`.',
  ),
});

/** Options of the OLMo-core trainer; `{}` trains in one process, `{ processes: 8 }` shards a model over eight. */
export const olmoCoreOptions = options.check(({ value, issues }) => {
  const degrees = DEGREES.flatMap((name) => {
    const part = value.trainModule?.[name];
    const degree = typeof part === 'object' && part !== null && 'degree' in part ? part.degree : undefined;
    return typeof degree === 'number' && Number.isInteger(degree) && degree > 0 ? [{ name, degree }] : [];
  });
  const product = degrees.reduce((all, { degree }) => all * degree, 1);
  if (value.processes % product === 0) return;
  const named = degrees.map(({ name, degree }) => `${name} ${degree}`).join(' x ');
  const message = `${value.processes} processes cannot be divided by ${named}: set a multiple of ${product}`;
  issues.push({ code: 'custom', path: ['processes'], message, input: value.processes });
});

/** Options as a user writes them. */
export type OlmoCoreOptions = z.input<typeof olmoCoreOptions>;

/** Validated options. */
export type OlmoCoreSettings = z.output<typeof olmoCoreOptions>;
