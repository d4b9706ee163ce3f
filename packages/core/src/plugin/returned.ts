import { BranchlineError, type ErrorPlace, messageOf } from '../errors.js';
import { isPlainObject } from '../plain-object.js';

/**
 * A deep copy of a decider's return value, so that later changes by the plugin have no effect; undefined when it
 * returned nothing. Throws a `plugin` error for values that are not plain data.
 */
export function copyOfPart(part: unknown, place: ErrorPlace): Record<string, unknown> | undefined {
  if (part === undefined || part === null) return undefined;
  if (!isPlainObject(part)) {
    const got = part instanceof Promise ? 'a promise' : Array.isArray(part) ? 'a list' : `a ${typeof part}`;
    const message = `must return a plain object or undefined, not ${got}`;
    const remedy =
      part instanceof Promise
        ? 'A decider cannot wait: remove async, and read files in the schema of the options.'
        : 'Return the fields it sets, such as { steps: 10 }, or nothing.';
    throw new BranchlineError('plugin', { ...place, message, remedy });
  }
  try {
    return structuredClone(part);
  } catch (cause) {
    const message = `returned something that is not data: ${messageOf(cause)}`;
    const remedy = 'Fields are numbers, strings, lists and plain objects.';
    throw new BranchlineError('plugin', { ...place, message, remedy }, { cause });
  }
}
