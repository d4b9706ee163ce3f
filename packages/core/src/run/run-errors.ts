/** Errors of training, attributed to strategies. */
import { BranchlineError, messageOf, type Problem } from '../errors.js';

/**
 * Wraps an error of the trainer, with the strategies it stops. A `trainer` error keeps its messages and remedies and
 * gets its place; the kernel knows no remedy that fits better.
 */
export function trainerError(
  strategies: ReadonlySet<string>,
  cause: unknown,
  { step, call }: { readonly step?: number; readonly call?: string },
): BranchlineError {
  if (cause instanceof BranchlineError) {
    if (cause.code === 'trainer') return placed(cause, { strategy: [...strategies].join(', '), step });
    return step === undefined ? cause : damagedText(cause);
  }
  const what = call === undefined ? messageOf(cause) : `the trainer could not ${call}: ${messageOf(cause)}`;
  const remedy =
    step === undefined
      ? 'Everything trained so far is stored.'
      : 'A loss that is not finite usually means that the learning rate is too high: lower lr.peak.';
  return new BranchlineError(
    'trainer',
    { strategy: [...strategies].join(', '), step, message: what, remedy },
    { cause },
  );
}

/** The error with a place, where a problem has none. */
function placed(cause: BranchlineError, { strategy, step }: Pick<Problem, 'strategy' | 'step'>): BranchlineError {
  const problems = cause.problems.map((problem) => ({ strategy, ...(step !== undefined && { step }), ...problem }));
  return new BranchlineError('trainer', problems, { cause });
}

/**
 * Converts `damaged` errors of text to `data` errors: damaged text affects all strategies, and no checkpoint can be
 * recomputed to repair it.
 */
export function damagedText(cause: BranchlineError): BranchlineError {
  return cause.code === 'damaged' ? new BranchlineError('data', cause.problems, { cause }) : cause;
}

/** Calls the trainer. Anything it throws becomes a `trainer` error of the given strategies. */
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

/** The error of an aborted run (Ctrl-C); everything up to the last complete step is stored. */
export function interrupted(): BranchlineError {
  return new BranchlineError('interrupted', {
    message: 'stopped; everything up to the last step is stored',
    remedy: 'Run the same command again to continue.',
  });
}

/** The disk limit leaves no room for the next checkpoint, even after all possible deletions. */
export function diskFull(needed: number, limit: number): BranchlineError {
  const message = `checkpoints need ${needed} bytes on the disk, and the limit is ${limit}`;
  const remedy =
    'Raise the limit (disk) and run the same command again; everything up to the last checkpoint is stored.';
  return new BranchlineError('store', { configPath: 'disk', message, remedy });
}

/** The disk limit is too small, found before the start. */
export function diskTooSmall(least: number, limit: number): BranchlineError {
  const message = `is ${limit} bytes, but checkpoints need at least ${least} at once`;
  const remedy = 'Raise the limit (disk), or train fewer strategies. Nothing was started.';
  return new BranchlineError('config', { configPath: 'disk', message, remedy });
}
