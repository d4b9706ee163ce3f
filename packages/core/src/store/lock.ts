import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { BranchlineError, messageOf } from '../errors.js';
import { type Digest, digestJson } from '../json.js';

/** A lock that is not renewed for this long counts as released: the machine of its holder is down. */
const STALE_MS = 60_000;
/** How long a second process waits for a running holder, and the interval between attempts, in milliseconds. */
const WAIT_MS = 10_000;
const TRY_MS = 200;

/** Exclusive permission of one process to write to a directory. */
export interface DirectoryLock {
  /** Throws a BranchlineError when the lock was lost, e.g. because the machine slept and another process took it. */
  assertHeld(): void;
  release(): Promise<void>;
}

/** The holder of a lock: the content of `owner.json` inside it. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Unique for each acquisition. */
  readonly id: string;
  /** Digest of the other fields; an owner with a wrong digest is ignored. */
  readonly digest: Digest;
}

/**
 * Acquires the writer lock of a directory, created if missing. A lock whose holder died on this machine is taken over
 * at once. While another process holds it, waits up to `WAIT_MS`, then throws a `locked` error.
 */
export async function lockDirectory(directory: string, onWait?: () => void): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  let lost = false;
  const path = join(directory, '.lock');
  const self = { pid: process.pid, host: hostname(), id: randomUUID() };
  const owner: Owner = { ...self, digest: digestJson(self) };
  const options = {
    stale: STALE_MS,
    update: STALE_MS / 6,
    lockfilePath: path,
    fs: withOwner(owner),
    onCompromised: () => {
      lost = true;
    },
  };
  const take = async (): Promise<(() => Promise<void>) | undefined> => {
    try {
      return await lock(directory, options);
    } catch (error) {
      // ENOENT: the lock disappeared during the attempt, because its holder released it or another process took it
      // over.
      if (['ELOCKED', 'ENOENT'].includes((error as { code?: string }).code ?? '')) return undefined;
      throw new BranchlineError(
        'store',
        {
          message: `${directory} cannot be locked: ${messageOf(error)}`,
          remedy: 'Give this run a writable directory (--runs).',
        },
        { cause: error },
      );
    }
  };
  let unlock = await take();
  if (unlock === undefined && (await removeDead(path))) unlock = await take();
  if (unlock === undefined) onWait?.();
  for (let waited = 0; unlock === undefined && waited < WAIT_MS; waited += TRY_MS) {
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    unlock = await take();
  }
  if (unlock === undefined) {
    const message = `${directory} is in use by another process`;
    const remedy = 'Wait until it has finished, or give this run another directory (--runs).';
    throw new BranchlineError('locked', { message, remedy });
  }
  const held = unlock;
  await removeLeftovers(path);
  return {
    assertHeld() {
      if (!lost && ownerOf(path)?.digest === owner.digest) return;
      const message = `the lock of ${directory} was lost, and another process may be writing to it`;
      throw new BranchlineError('locked', { message, remedy: 'What is stored is safe. Run the same command again.' });
    },
    async release() {
      // A lost lock may belong to another process.
      if (!lost && ownerOf(path)?.digest === owner.digest) await held().catch(() => undefined);
    },
  };
}

/**
 * The file system for proper-lockfile, whose locks are directories. A lock directory is renamed into place with its
 * owner file inside, so a process that is killed or suspended during acquisition never leaves a lock without an owner.
 */
function withOwner(owner: Owner) {
  const make = async (path: string) => {
    const temporary = `${path}.tmp-${owner.id}`;
    try {
      await mkdir(temporary);
      await writeFile(join(temporary, 'owner.json'), JSON.stringify(owner));
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      const code = (error as { code?: string }).code ?? '';
      const taken = ['ENOTEMPTY', 'EEXIST'].includes(code) || (code === 'EPERM' && fs.existsSync(path));
      throw taken ? Object.assign(new Error('it is taken'), { code: 'EEXIST' }) : error;
    }
  };
  const settle = (work: Promise<void>, done: (error: unknown) => void) => void work.then(() => done(null), done);
  return {
    ...fs,
    mkdir: (path: string, done: (error: unknown) => void) => settle(make(path), done),
    rmdir: (path: string, done: (error: unknown) => void) => settle(rm(path, { recursive: true, force: true }), done),
    rmdirSync: (path: string) => fs.rmSync(path, { recursive: true, force: true }),
  };
}

/** The owner of a lock; undefined when there is no lock, or its owner file is unreadable. */
function ownerOf(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(fs.readFileSync(join(path, 'owner.json'), 'utf8')) as Owner;
    const { digest, ...rest } = owner;
    return digestJson(rest) === digest ? owner : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a lock whose holder died on this machine, or that has no readable owner; running holders always have one.
 * Returns true when it is gone. The lock is renamed before the owner is verified: when two processes find the same dead
 * holder, the second must not remove the lock that the first has just acquired.
 */
async function removeDead(path: string): Promise<boolean> {
  const dead = ownerOf(path);
  if (dead !== undefined && !isDead(dead)) return false;
  const aside = `${path}.tmp-${randomUUID()}`;
  try {
    // Synchronous, to keep the time since reading the owner short.
    fs.renameSync(path, aside);
  } catch (error) {
    return (error as { code?: string }).code === 'ENOENT';
  }
  if (ownerOf(aside)?.digest === dead?.digest) {
    await rm(aside, { recursive: true, force: true });
    return true;
  }
  // Another process acquired the lock in the meantime: put it back. If a third process acquires it before this rename,
  // the second one stops at its next write.
  await rename(aside, path).catch(() => undefined);
  return false;
}

function isDead({ pid, host }: Owner): boolean {
  try {
    if (host === hostname()) process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ESRCH';
  }
}

/** Removes leftovers of processes that were killed during acquisition. */
async function removeLeftovers(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(`${basename(path)}.tmp-`)) {
      await rm(join(dirname(path), name), { recursive: true, force: true });
    }
  }
}
