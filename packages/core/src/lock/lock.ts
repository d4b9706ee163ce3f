import { randomUUID } from 'node:crypto';
import { BranchlineError, messageOf } from '../errors.js';
import { describeDiskError, isDiskFull } from '../files/disk-errors.js';
import { makeFolder } from '../files/make-folder.js';
import {
  type FoundLock,
  findLock,
  type Holder,
  lockFolder,
  OwnLock,
  removeLock,
  removeUnfinished,
} from './lock-file.js';
import { type Machine, type ProcessOnMachine, thisProcess } from './machine.js';
import { loadSystemLocks, type SystemLocks } from './system-locks.js';

/** A lock without a sign of life for this long is free: its holder, or the machine of its holder, is down. */
const LEASE_MS = 60_000;
/** Signs of life per lease. */
const SIGNS_PER_LEASE = 12;
/** How long a second process waits for a running holder, and the interval between attempts, in milliseconds. */
const WAIT_MS = 10_000;
const TRY_MS = 200;
/**
 * How many leases a process waits for a file system that has a lock of another machine. After a crash of that machine,
 * NFS 4 keeps its locks for 90 seconds.
 */
const LEASES_OF_FILE_SYSTEM = 3;

/** Exclusive permission of one process to write to a directory. */
export interface DirectoryLock {
  /**
   * Throws a `locked` error when the lock was lost, e.g. because the machine slept and another process took it, and a
   * `store` error when the file system does not answer. Only a lost lock stays lost.
   */
  assertHeld(): void;
  release(): Promise<void>;
}

/** Options of `lockDirectory`. */
export interface LockOptions {
  /** Called once for each other holder, with a sentence about who it is and how long this call waits. */
  readonly onWait?: (message: string) => void;
  /** Aborting ends the waiting with an `interrupted` error. */
  readonly signal?: AbortSignal;
}

/** What tests replace: other times, another machine, a file system without locks. */
export interface LockParts {
  /** How long the lock is valid after its last sign of life, in milliseconds. */
  readonly lease: number;
  /** How long to wait for a holder that is known to run, in milliseconds. */
  readonly wait: number;
  /** Where this process runs. */
  readonly machine: Machine;
  readonly systemLocks: SystemLocks;
}

/**
 * Acquires the writer lock of a directory, created if missing.
 *
 * A lock whose holder has ended is taken over at once, if the operating system says so. If it cannot, because the
 * holder ran on another machine, this call watches the lock for a whole lease by its own clock, and takes it over if it
 * shows no sign of life. No times of two machines are compared. Throws a `locked` error if the holder runs and does
 * not finish within the waiting time.
 */
export function lockDirectory(directory: string, options: LockOptions = {}): Promise<DirectoryLock> {
  return lockWith(directory, options, {});
}

/** `lockDirectory` with other parts. */
export async function lockWith(
  directory: string,
  options: LockOptions,
  { lease = LEASE_MS, wait = WAIT_MS, machine, systemLocks }: Partial<LockParts>,
): Promise<DirectoryLock> {
  try {
    await makeFolder(directory);
    const self = { ...thisProcess(), ...machine };
    const locks = systemLocks ?? (await loadSystemLocks());
    const lock = await acquire(directory, options, { lease, wait, self, locks });
    removeUnfinished(directory);
    return holdLock(directory, lock, lease);
  } catch (error) {
    if (error instanceof BranchlineError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const described = describeDiskError(error);
    const message = `${directory} cannot be locked: ${described?.what ?? messageOf(error)}`;
    const remedy = isDiskFull(error)
      ? `${described!.remedy} A lock needs some kilobytes as well; deleting report.html makes them, and the next run writes it again.`
      : 'Give this run a writable directory (--runs).';
    throw new BranchlineError('store', { message, remedy }, { cause: error });
  }
}

/** The lock of a directory, as another process sees it. */
export interface LockSign {
  /**
   * `running`, `ended`: the holder runs, or is gone, for certain. `locked`: the file system says that a process has it.
   * `unknown`: only signs of life can tell.
   */
  readonly state: FoundLock['state'];
  /** Changes with every sign of life. */
  readonly sign: string;
  /** When it was acquired, in milliseconds since 1970, by the clock of the holder; absent if that cannot be read. */
  readonly since?: number;
  /** A lock without a sign of life for this many milliseconds is free. */
  readonly lease: number;
}

/** Looks at the lock of a directory without taking it; undefined if it is free. */
export async function lookAtLock(directory: string): Promise<LockSign | undefined> {
  const found = findLock(directory, thisProcess(), await loadSystemLocks());
  if (found === undefined) return undefined;
  const { state, sign, holder } = found;
  const since = holder === undefined ? Number.NaN : Date.parse(holder.since);
  return { state, sign, ...(Number.isFinite(since) && { since }), lease: holder?.lease ?? LEASE_MS };
}

/** What `acquire` works with. */
interface Acquiring {
  readonly lease: number;
  readonly wait: number;
  readonly self: ProcessOnMachine;
  readonly locks: SystemLocks;
}

async function acquire(
  directory: string,
  { onWait, signal }: LockOptions,
  { lease, wait, self, locks }: Acquiring,
): Promise<OwnLock> {
  const begin = performance.now();
  let watched: Watched | undefined;
  /** Since when there is neither a lock nor a way to make one. */
  let blockedSince: number | undefined;
  for (;;) {
    const found = findLock(directory, self, locks);
    const now = performance.now();
    if (found === undefined) {
      const own = OwnLock.acquire(directory, randomUUID(), { ...self, since: new Date().toISOString(), lease }, locks);
      if (own !== undefined) return own;
      blockedSince ??= now;
      if (now - blockedSince > wait) throw blocked(directory);
    } else if (found.state === 'ended') {
      removeLock(directory, found.name);
      continue;
    } else {
      blockedSince = undefined;
      const known = watched?.name === found.name;
      watched = watch(watched, found, now);
      const longest = Math.max(lease, found.holder?.lease ?? 0);
      if (!known) onWait?.(waitMessage(directory, found, { longest, wait }));
      const quiet = now - watched.since;
      if (found.state === 'unknown' && quiet >= longest) {
        removeLock(directory, found.name);
        continue;
      }
      const runs = found.state === 'running' || watched.showedLife;
      const tooLong = found.state === 'locked' && quiet >= LEASES_OF_FILE_SYSTEM * longest;
      if ((runs && now - begin >= wait) || tooLong) throw inUse(directory, found, runs);
    }
    await pause(Math.min(TRY_MS, wait, lease / 4), signal);
  }
}

/** A lock that is watched for signs of life. */
interface Watched {
  readonly name: string;
  readonly sign: string;
  /** When it showed the last sign, or was first seen, by the clock of this process. */
  readonly since: number;
  readonly showedLife: boolean;
}

function watch(before: Watched | undefined, { name, sign }: FoundLock, now: number): Watched {
  if (before?.name !== name) return { name, sign, since: now, showedLife: false };
  return before.sign === sign ? before : { name, sign, since: now, showedLife: true };
}

/** The locks of this process. */
const held = new Set<OwnLock>();

/**
 * Frees all locks of this process, which is about to end without finishing its work: another machine then need not wait
 * for the lease to expire.
 */
export function abandonLocks(): void {
  for (const lock of held) {
    try {
      lock.releaseAtExit();
    } catch {
      // The lease frees it.
    }
  }
}

function holdLock(directory: string, lock: OwnLock, lease: number): DirectoryLock {
  const interval = lease / SIGNS_PER_LEASE;
  let last = performance.now();
  let lost = false;
  let released = false;
  const sign = async () => {
    await lock.showLifeSoon().then(
      () => {
        last = performance.now();
      },
      // What follows from it shows in `assertHeld`.
      () => undefined,
    );
    if (!released) timer = setTimeout(() => void sign(), interval).unref();
  };
  let timer = setTimeout(() => void sign(), interval).unref();
  held.add(lock);
  return {
    assertHeld() {
      // This process was held up: it shows that it lives before it looks, so that the lock is not taken after the look.
      if (!lost && performance.now() - last > lease / 2) {
        try {
          lock.showLife();
          last = performance.now();
        } catch {
          // The look decides.
        }
      }
      try {
        lost ||= !lock.isHeld();
      } catch (cause) {
        throw unanswered(directory, cause);
      }
      if (!lost) return;
      const message = `the lock of ${directory} was lost, and another process may be writing to it`;
      throw new BranchlineError('locked', { message, remedy: 'What is stored is safe. Run the same command again.' });
    },
    async release() {
      released = true;
      clearTimeout(timer);
      held.delete(lock);
      await lock.release();
    },
  };
}

const seconds = (milliseconds: number) => `${Math.ceil(milliseconds / 1000)} s`;

/** `process 12 on host, since 2026-01-31 12:00:00`: the time is that of the holder's clock. */
function nameOf(holder: Holder | undefined): string {
  if (holder === undefined) return 'another process';
  const { pid, host, since } = holder;
  return `process ${pid} on ${host}, since ${since.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`;
}

function waitMessage(
  directory: string,
  { holder, state }: FoundLock,
  { longest, wait }: { readonly longest: number; readonly wait: number },
): string {
  const who = nameOf(holder);
  if (state === 'running') {
    return `${directory} is in use by ${who}; waiting at most ${seconds(wait)} for it to finish`;
  }
  if (state === 'locked') {
    const limit = seconds(LEASES_OF_FILE_SYSTEM * longest);
    return `${directory} is in use by ${who}, says its file system; waiting at most ${limit} for it to finish`;
  }
  return `${directory} is locked by ${who}; waiting at most ${seconds(longest)} for a sign that it still runs. Without one, this run continues in its place`;
}

function inUse(directory: string, { holder }: FoundLock, runs: boolean): BranchlineError {
  const message = `${directory} is in use by ${nameOf(holder)}`;
  const remedy = runs
    ? 'Wait until it has finished, or give this run another directory (--runs).'
    : 'It shows no sign of life, but the file system still has its lock: end the process, or restart its machine.';
  return new BranchlineError('locked', { message, remedy });
}

function unanswered(directory: string, cause: unknown): BranchlineError {
  const message = `nothing was written to ${directory}, because its lock cannot be read: ${messageOf(cause)}`;
  const remedy = 'What is stored is safe. Run the same command again when the file system answers.';
  return new BranchlineError('store', { message, remedy }, { cause });
}

function blocked(directory: string): BranchlineError {
  const message = `${lockFolder(directory)} has files that do not belong there`;
  return new BranchlineError('store', { message, remedy: 'Delete this folder if no other process uses it.' });
}

/** Waits; an abort ends it at once. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const stop = () => {
    const remedy = 'Run the same command again to continue.';
    return new BranchlineError('interrupted', { message: 'stopped while waiting for another process', remedy });
  };
  if (signal?.aborted) throw stop();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(stop());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
