/**
 * Stops plugin code that does not return. The kernel runs plugins in its own thread and would otherwise hang without a
 * message.
 */
import { Script } from 'node:vm';
import { BranchlineError, type ErrorPlace } from '../errors.js';

/** Default timeout of a hook call in seconds. */
export const HOOK_TIMEOUT_SECONDS = 30;

const SLOT_NAME = 'branchline.hook-call';
const SLOT = Symbol.for(SLOT_NAME);
/**
 * The global object of scripts. Test runners that give every file its own globals load this module with another one.
 */
const scope = new Script('globalThis').runInThisContext() as { [SLOT]?: () => unknown };
/** V8 can stop a script, and everything it calls, from outside, but not a plain function call. */
const call = new Script(`globalThis[Symbol.for('${SLOT_NAME}')]()`);

/**
 * Calls synchronous code and returns its result. Code that exceeds the timeout is stopped, and a HookTimeoutError with
 * the place from `place` is thrown.
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

/** Waits for a promise; rejects with a HookTimeoutError after `seconds`. */
export async function awaitWithTimeout<T>(seconds: number, place: ErrorPlace, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(seconds, place)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A plugin did not return in time. */
export class HookTimeoutError extends BranchlineError {}

function timeoutError(seconds: number, place: ErrorPlace): HookTimeoutError {
  const message = `did not return within ${seconds} seconds and was stopped`;
  const remedy = 'Look for an infinite loop, or raise hookSeconds if it needs more time.';
  return new HookTimeoutError('plugin', { ...place, message, remedy });
}
