import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { BranchlineError, messageOf } from '../errors.js';
import { type Digest, digestJson } from '../json.js';

/** A lock that its holder has not renewed for this long is free: the holder's machine is gone. */
const STALE_MS = 60_000;
/** How long a second writer waits for a living holder, in milliseconds, and how often it tries. */
const WAIT_MS = 10_000;
const TRY_MS = 200;

/** The right of one process to write to a directory. */
export interface DirectoryLock {
  /** Throws a BranchlineError when the lock was lost, e.g. because the machine slept and another process took it. */
  assertHeld(): void;
  release(): Promise<void>;
}

/** Who holds a lock: the content of `owner.json` in it. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Of this one holding. */
  readonly id: string;
  /** Of everything else: an owner that cannot be believed is none. */
  readonly digest: Digest;
}

/**
 * Takes the one writer's lock of a directory, made if it is not there. A lock whose holder was killed on this machine
 * is taken over at once; a living holder is waited for a little, and then gives a BranchlineError.
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
      // It can vanish while somebody looks at it: its holder is done, or another one takes it over.
      if (['ELOCKED', 'ENOENT'].includes((error as { code?: string }).code ?? '')) return undefined;
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
      // A lock that was lost is another's by now.
      if (!lost && ownerOf(path)?.digest === owner.digest) await held().catch(() => undefined);
    },
  };
}

/**
 * The file system for proper-lockfile, whose locks are directories. These have their owner in them from the first
 * moment on, because they appear by a rename: a process that is killed, or stands still, while it takes a lock leaves
 * nobody in doubt about whose it is.
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

/** The owner of a lock; undefined when there is no lock, or its owner is not to be read. */
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
 * Removes a lock whose holder ran on this machine and is no more, or that does not say who holds it: a living holder's
 * does. True when it is gone. It is moved first: of two processes that find the same dead holder, the second must not
 * remove the first one's lock.
 */
async function removeDead(path: string): Promise<boolean> {
  const dead = ownerOf(path);
  if (dead !== undefined && !isDead(dead)) return false;
  const aside = `${path}.tmp-${randomUUID()}`;
  try {
    // Nothing between looking and moving.
    fs.renameSync(path, aside);
  } catch (error) {
    return (error as { code?: string }).code === 'ENOENT';
  }
  if (ownerOf(aside)?.digest === dead?.digest) {
    await rm(aside, { recursive: true, force: true });
    return true;
  }
  // Somebody else's, who took it meanwhile. Should it be taken once more before this, its holder stops when it next
  // writes.
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

/** Takes away what processes left that were killed while they took the lock, or gave up on it. */
async function removeLeftovers(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(`${basename(path)}.tmp-`)) {
      await rm(join(dirname(path), name), { recursive: true, force: true });
    }
  }
}
