import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { BranchlineError, messageOf } from '../errors.js';

/** A lock that its holder has not renewed for this long is free: the holder's machine is gone. */
const STALE_MS = 60_000;
/** How long a second writer waits for a living holder. */
const WAIT_SECONDS = 10;

/** The right of one process to write to a directory. */
export interface DirectoryLock {
  /** Throws a BranchlineError when the lock was lost, e.g. because the machine slept and another process took it. */
  assertHeld(): void;
  release(): Promise<void>;
}

/**
 * Takes the one writer's lock of a directory, made if it is not there. A lock whose holder was killed on this machine is
 * taken over at once; a living holder is waited for a little, and then gives a BranchlineError.
 */
export async function lockDirectory(directory: string, onWait?: () => void): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  let lost = false;
  const lockfilePath = join(directory, '.lock');
  const ownerPath = join(directory, '.lock-owner.json');
  const options = {
    stale: STALE_MS,
    update: STALE_MS / 6,
    lockfilePath,
    onCompromised: () => {
      lost = true;
    },
  };
  const take = async (): Promise<(() => Promise<void>) | undefined> => {
    try {
      return await lock(directory, options);
    } catch (error) {
      if ((error as { code?: string }).code === 'ELOCKED') return undefined;
      throw new BranchlineError(
        'store',
        {
          message: `${directory} cannot be locked: ${messageOf(error)}`,
          remedy: 'Give this run a directory that can be written to (--runs).',
        },
        { cause: error },
      );
    }
  };
  let unlock = await take();
  if (unlock === undefined && (await holderIsDead(ownerPath))) {
    await rm(lockfilePath, { recursive: true, force: true });
    unlock = await take();
  }
  if (unlock === undefined) onWait?.();
  for (let second = 0; unlock === undefined && second < WAIT_SECONDS; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    unlock = await take();
  }
  if (unlock === undefined) {
    const message = `${directory} is in use by another process`;
    const remedy = 'Wait until it has finished, or give this run another directory (--runs).';
    throw new BranchlineError('locked', { message, remedy });
  }
  await writeFile(ownerPath, JSON.stringify({ pid: process.pid, host: hostname() }));
  const held = unlock;
  return {
    assertHeld() {
      if (!lost) return;
      const message = `the lock of ${directory} was lost, and another process may be writing to it`;
      throw new BranchlineError('locked', { message, remedy: 'What is stored is safe. Run the same command again.' });
    },
    async release() {
      // A lock that was lost is another's by now.
      if (!lost) await held().catch(() => undefined);
    },
  };
}

/** True when the holder ran on this machine and is no more. */
async function holderIsDead(ownerPath: string): Promise<boolean> {
  try {
    const { pid, host } = JSON.parse(await readFile(ownerPath, 'utf8')) as { pid: number; host: string };
    if (host !== hostname() || !Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ESRCH';
  }
}
