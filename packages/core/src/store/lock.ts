import { mkdir } from 'node:fs/promises';
import { lock } from 'proper-lockfile';
import { BranchlineError } from '../errors.js';

/** A lock whose holder died is free after this long. */
const STALE_MS = 6_000;

/**
 * Takes the one writer's lock of a directory, made if it is not there. Waits for a lock whose holder was killed; a living
 * holder gives a BranchlineError. Returns the function that gives the lock back.
 */
export async function lockDirectory(directory: string, onWait?: () => void): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true });
  const options = {
    stale: STALE_MS,
    update: STALE_MS / 3,
    lockfilePath: `${directory}/.lock`,
    // The library would throw out of a timer; a lock that was taken away shows at the next write.
    onCompromised: () => undefined,
  };
  try {
    return await lock(directory, options);
  } catch {
    onWait?.();
  }
  try {
    return await lock(directory, {
      ...options,
      retries: { retries: 10, factor: 1, minTimeout: 1_000, maxTimeout: 1_000 },
    });
  } catch (cause) {
    const message = `${directory} is in use by another process`;
    throw new BranchlineError(
      'locked',
      { message, remedy: 'Wait until it has finished, or give this run another directory (--runs).' },
      { cause },
    );
  }
}
