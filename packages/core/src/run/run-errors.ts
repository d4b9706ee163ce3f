/** What can go wrong while a graph is trained, as errors that say whose it is. */
import { BranchlineError, messageOf } from '../errors.js';

/** An error of the trainer, with the strategies it stops. */
export function trainerError(
  strategies: ReadonlySet<string>,
  cause: unknown,
  { step, call }: { readonly step?: number; readonly call?: string },
): BranchlineError {
  if (cause instanceof BranchlineError) return step === undefined ? cause : damagedText(cause);
  const what = call === undefined ? messageOf(cause) : `the trainer could not ${call}: ${messageOf(cause)}`;
  const remedy =
    step === undefined
      ? 'Other strategies go on; what was trained is stored.'
      : 'A loss that is not a number mostly means too high a rate: lower lr.peak. Other strategies go on.';
  return new BranchlineError(
    'trainer',
    { strategy: [...strategies].join(', '), step, message: what, remedy },
    { cause },
  );
}

/** Damage that was met while text was read: it concerns everybody, and no checkpoint is made again for it. */
export function damagedText(cause: BranchlineError): BranchlineError {
  return cause.code === 'damaged' ? new BranchlineError('data', cause.problems, { cause }) : cause;
}

/** Calls the trainer, so that whatever it throws is a `trainer` error of the strategies the call was for. */
export async function callTrainer<T>(
  strategies: ReadonlySet<string>,
  call: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw trainerError(strategies, cause, { call });
  }
}

/** What Ctrl-C turns into: everything up to the last whole step is stored. */
export function interrupted(): BranchlineError {
  return new BranchlineError('interrupted', {
    message: 'stopped; everything up to the last step is stored',
    remedy: 'Run the same command again to go on.',
  });
}

/** The disk limit leaves no room for the next checkpoint, though everything that can go is gone. */
export function diskFull(needed: number, limit: number): BranchlineError {
  const message = `checkpoints need ${needed} bytes on the disk, and the limit is ${limit}`;
  const remedy =
    'Raise the limit (disk) and run the same command again; everything up to the last checkpoint is stored.';
  return new BranchlineError('store', { configPath: 'disk', message, remedy });
}

/** The same, told before the start. */
export function diskTooSmall(least: number, limit: number): BranchlineError {
  const message = `is ${limit} bytes, but checkpoints need at least ${least} at once`;
  const remedy = 'Raise the limit (disk), or train fewer strategies. Nothing was started.';
  return new BranchlineError('config', { configPath: 'disk', message, remedy });
}
