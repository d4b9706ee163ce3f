import { setImmediate } from 'node:timers/promises';

/** Lets signals and timers run between two pieces of synchronous work. @throws AbortError if the signal was aborted. */
export function pause(signal: AbortSignal | undefined): Promise<void> {
  return setImmediate(undefined, { signal });
}

/** Returns the result of `work`. Throws as soon as the signal is aborted; the work itself is not stopped. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  // If nothing awaits it any more, its failure is of no interest.
  work.catch(() => {});
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
