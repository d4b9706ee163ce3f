import { BranchlineError, type ErrorPlace, messageOf } from '../errors.js';
import { isPlainObject } from '../plain-object.js';

/**
 * A copy of what a decider returned, so that later changes of its object have no effect; undefined when it returned
 * nothing.
 */
export function copyOfPart(part: unknown, place: ErrorPlace): Record<string, unknown> | undefined {
  if (part === undefined || part === null) return undefined;
  if (!isPlainObject(part)) {
    const got = part instanceof Promise ? 'a promise' : Array.isArray(part) ? 'a list' : `a ${typeof part}`;
    throw new BranchlineError('plugin', { ...place, message: `must return a plain object or undefined, not ${got}` });
  }
  try {
    return structuredClone(part);
  } catch (cause) {
    const message = `returned something that is not data: ${messageOf(cause)}`;
    throw new BranchlineError('plugin', { ...place, message }, { cause });
  }
}
