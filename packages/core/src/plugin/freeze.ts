import { isPlainObject } from '../plain-object.js';

/** Freezes a context recursively, so that a hook that writes to it fails at once. Typed arrays are not frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** A remedy if the error is a write to something frozen; none for other errors. */
export function remedyOfWrite(error: unknown): { readonly remedy?: string } {
  const isWrite =
    error instanceof Error && /read only property|not extensible|^Cannot delete property/.test(error.message);
  return isWrite ? { remedy: 'Contexts, options and events are frozen: copy a value before you change it.' } : {};
}

/** A frozen copy of plain objects and lists; other values in it are kept as they are. */
export function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (!isPlainObject(value)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, frozenCopy(inner)])));
}
