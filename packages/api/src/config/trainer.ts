import { type QuadraticOptions, quadraticOptions } from '@branchline/trainer-quadratic';
import type { TfjsTrainerOptions } from '@branchline/trainer-tfjs';
import { z } from 'zod';
import { quoting } from './quoting.js';

const threadCount = quoting('a whole number from 1 to 32');

/**
 * The `trainer` part of an experiment: what computes, the embedded trainer unless another is named. The embedded trainer has the same schema, but to ask
 * it would load everything it computes with, and a mistake in a file should be told at once.
 */
export const trainerSchema = z
  .strictObject({
    engine: z
      .enum(['auto', 'jit', 'eager'], quoting('"auto", "jit" or "eager"'))
      .default('auto')
      .describe('jit: the step compiled for ONNX Runtime. eager: TensorFlow.js itself. auto: what is fastest here.'),
    backend: z
      .enum(['wasm', 'cpu', 'tensorflow'], quoting('"wasm", "cpu" or "tensorflow"'))
      .optional()
      .describe(
        'eager: the TensorFlow.js backend; tensorflow needs `branchline backend install tensorflow`. Default wasm.',
      ),
    device: z
      .enum(['cpu', 'webgpu', 'cuda', 'auto'], quoting('"cpu", "webgpu", "cuda" or "auto"'))
      .optional()
      .describe('jit: what it computes on; auto: a GPU where there is one. Default cpu.'),
    threads: z
      .int(threadCount)
      .min(1, threadCount)
      .max(32, threadCount)
      .optional()
      .describe('jit: threads; changes no bit. Default: all processors.'),
    quadratic: quadraticOptions
      .optional()
      .describe('In place of the embedded trainer: a noisy quadratic, whose losses are calculated.'),
  })
  .superRefine((choice, context) => {
    const { engine, backend, device, threads } = choice;
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (choice.quadratic !== undefined && (engine !== 'auto' || (backend ?? device ?? threads) !== undefined)) {
      issue('quadratic', 'is a trainer of its own; engine, backend, device and threads belong to the embedded one');
    }
    if (backend !== undefined && engine !== 'eager') issue('backend', `belongs to engine "eager", not "${engine}"`);
    if (device !== undefined && engine !== 'jit') issue('device', `belongs to engine "jit", not "${engine}"`);
    if (threads !== undefined && engine === 'eager') issue('threads', 'belongs to engine "jit", not "eager"');
    if (threads !== undefined && (device === 'webgpu' || device === 'cuda')) {
      issue('threads', `belongs to device "cpu", not "${device}"`);
    }
  });

/** What a person writes under `trainer`. */
export type TrainerConfig = TfjsTrainerOptions | { readonly quadratic: QuadraticOptions };

/** The quadratic trainer, for experiment files: `trainer: quadratic({ mode: 'sampled' })`. */
export const quadratic = (options: QuadraticOptions = {}): TrainerConfig => ({ quadratic: options });

/** The same with its defaults. */
export type TrainerSettings = z.output<typeof trainerSchema>;

/** Does not compile when the two schemas differ. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
export const mirrorsTrainer: Same<Omit<z.input<typeof trainerSchema>, 'quadratic'>, TfjsTrainerOptions> = true;
