/**
 * Ends code of a plugin that does not come back: the kernel's one thread would otherwise wait for ever, and say
 * nothing.
 */
import { Script } from 'node:vm';
import { BranchlineError, type ErrorPlace } from '../errors.js';

/** Seconds after which a plugin that does not answer is ended, when the experiment says nothing. */
export const HOOK_TIMEOUT_SECONDS = 30;

const SLOT = Symbol.for('branchline.timeoutError-call');
/** Where scripts look. Test runners that give every file globals of its own load this file elsewhere. */
const scope = new Script('globalThis').runInThisContext() as { [SLOT]?: () => unknown };
/** V8 can end a script from outside, with everything the script calls, and only a script. */
const call = new Script('globalThis[Symbol.for("branchline.timeoutError-call")]()');

/**
 * Calls synchronous code and returns what it returns. Code that takes longer is ended, and gives a HookTimeoutError
 * with the place that `place` says it was at.
 */
export function callWithTimeout<T>(seconds: number, place: () => ErrorPlace, work: () => T): T {
  const before = scope[SLOT];
  scope[SLOT] = work;
  try {
    return call.runInThisContext({ timeout: Math.ceil(seconds * 1000) }) as T;
  } catch (error) {
    if ((error as { code?: string } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw timeoutError(seconds, place());
  } finally {
    scope[SLOT] = before;
  }
}

/** Waits for a promise, but no longer. */
export async function awaitWithTimeout<T>(seconds: number, place: ErrorPlace, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(seconds, place)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The error of an answer that did not come. */
export class HookTimeoutError extends BranchlineError {}

function timeoutError(seconds: number, place: ErrorPlace): HookTimeoutError {
  const message = `gave no answer for ${seconds} seconds and was ended`;
  const remedy = 'Look for a loop without an end; raise hookSeconds when it only needs longer.';
  return new HookTimeoutError('plugin', { ...place, message, remedy });
}
