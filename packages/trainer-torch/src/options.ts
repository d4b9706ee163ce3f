import { inspect } from 'node:util';
import { z } from 'zod';

/** An error message that quotes the value and says what the option takes. */
export const expected = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${inspect(input, { depth: 0 })} is not ${takes}`,
});

const count = (takes = 'a whole number above 0') => z.int(expected(takes)).min(1, expected(takes));
/** More processes than any machine has GPUs: a typing error must not start thousands. */
const MOST_PROCESSES = 64;

const path = (takes: string) => z.string(expected(takes)).min(1, expected(takes));
const flag = () => z.boolean(expected('true or false'));

/** Most runs of a stack, as there are lanes. */
const MOST_RUNS = 64;

/** Options before they are checked together. Engines of the same worker share most of them. */
export const workerOptions = z.strictObject({
  precision: z
    .enum(['float32', 'bfloat16'], expected('"float32" or "bfloat16"'))
    .default('float32')
    .describe('bfloat16 multiplies matrices in bfloat16 (autocast); weights, moments and losses stay float32.'),
  compile: flag().default(false).describe('Compile the model with torch.compile; the first steps take minutes.'),
  microBatch: count()
    .optional()
    .describe(
      'Sequences on the device at a time; gradients are added up. Saves memory; results differ by rounding only. ' +
        'Default: the whole batch.',
    ),
  checkpointing: flag()
    .default(false)
    .describe('Compute activations again in the backward pass instead of keeping them. Saves memory, costs time.'),
  device: z
    .enum(['auto', 'cpu', 'cuda', 'mps'], expected('"auto", "cpu", "cuda" or "mps"'))
    .default('auto')
    .describe('auto takes a GPU of NVIDIA or AMD if PyTorch sees one, else the CPU.'),
  processes: count(`a whole number from 1 to ${MOST_PROCESSES}`)
    .max(MOST_PROCESSES, expected(`a whole number from 1 to ${MOST_PROCESSES}`))
    .default(1)
    .describe(
      'Processes that train one model together, started by torchrun: each takes a GPU and its part of every batch, ' +
        'and holds its part of weights and moments (FSDP). Results differ by rounding only.',
    ),
  deterministic: flag()
    .optional()
    .describe(
      'Repeat bit for bit. Always so on the CPU. On a GPU it costs speed; without it, resumed steps differ by rounding. ' +
        'Default: false on a GPU.',
    ),
  threads: count()
    .optional()
    .describe(
      'Threads of a process on the CPU; sums depend on them. Default: all processors, divided among processes.',
    ),
  stack: count()
    .max(MOST_RUNS, expected(`at most ${MOST_RUNS}`))
    .default(1)
    .describe(
      'Runs that are trained together, with stacked weights: for models that are too small to fill a device. ' +
        'Set lanes to the same number. Default: 1, each by itself.',
    ),
  python: path('the path of a Python')
    .optional()
    .describe(
      'A Python with torch and transformers. Default: that of `branchline backend install torch`, else python3.',
    ),
  timeout: count('a number of seconds, 1 or more')
    .default(900)
    .describe('Seconds without a sign of the worker after which it is stopped.'),
  record: path('the path of a file')
    .optional()
    .describe('Write all requests to this file, for `python -m branchline_worker replay`.'),
});

/** Options of the PyTorch trainer; `{}` trains in float32 on a GPU if PyTorch sees one, else on the CPU. */
export const torchTrainerOptions = workerOptions.check(({ value, issues }) => {
  for (const name of ['compile', 'checkpointing'] as const) {
    if (value.stack < 2 || !value[name]) continue;
    const message = `runs of a stack cannot be trained with ${name}: leave out one of both`;
    issues.push({ code: 'custom', path: ['stack'], message, input: value.stack });
  }
  if (value.stack > 1 && value.processes > 1) {
    const message =
      `runs of a stack cannot be trained by ${value.processes} processes: ` +
      'leave out processes if the models are small, stack if they are large';
    issues.push({ code: 'custom', path: ['stack'], message, input: value.stack });
  }
});

/** Options as a user writes them. */
export type TorchTrainerOptions = z.input<typeof torchTrainerOptions>;

/** Validated options. */
export type TorchSettings = z.output<typeof torchTrainerOptions>;
