/**
 * The file of a lock: `<directory>/.lock/<id>.json`, with a new id for each acquisition. Its first line says who holds
 * the lock. The rest is a counter that the holder increases as a sign of life.
 *
 * A lock is acquired by renaming a folder with the file into place, which fails while the lock has a file, and given up
 * or taken over by deleting the file by its name. Both are atomic: of several processes, one succeeds, and a process
 * that decided on a lock of the past cannot delete the lock of the present.
 */
import fs, {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isPlainObject } from '../plain-object.js';
import { isRunning, type Machine, type ProcessOnMachine } from './machine.js';
import type { SystemLocks } from './system-locks.js';

/** The holder of a lock: the first line of the file. */
export interface Holder extends ProcessOnMachine {
  readonly format: 1;
  /** When it acquired the lock, ISO 8601, by its own clock: for messages only. */
  readonly since: string;
  /** A lock without a sign of life for this many milliseconds is free. */
  readonly lease: number;
  /** The device of the file, if the holder also has the lock of the operating system on it. */
  readonly device?: string;
}

/** A lock that a process found, at one moment. */
export interface FoundLock {
  /** Name of the file. */
  readonly name: string;
  /** Changes with every sign of life. */
  readonly sign: string;
  /** Undefined if the file is unreadable, or of an older version. */
  readonly holder: Holder | undefined;
  /**
   * `running`, `ended`: known for certain. `locked`: the file system says that a process has it, but not where that
   * process is. `unknown`: only signs of life can tell.
   */
  readonly state: 'running' | 'ended' | 'locked' | 'unknown';
}

const write = promisify(fs.write);
const fsync = promisify(fs.fsync);
const futimes = promisify(fs.futimes);

const FOLDER = '.lock';
/** Digits of the counter. */
const DIGITS = 16;

/** Where the lock of a directory is. */
export const lockFolder = (directory: string) => join(directory, FOLDER);

/** The lock of a directory; undefined if it is free. */
export function findLock(directory: string, here: Machine, locks: SystemLocks): FoundLock | undefined {
  const folder = lockFolder(directory);
  const name = ifThere(() => readdirSync(folder))?.find((file) => file.endsWith('.json'));
  if (name === undefined) return undefined;
  return ifThere(() => {
    const fd = openSync(join(folder, name), 'r');
    try {
      const text = readFileSync(fd, 'utf8');
      const stat = fstatSync(fd, { bigint: true });
      const holder = holderIn(text);
      const onSystem = locks.look(fd);
      // The holder of an older version shows that it lives by the time of the folder.
      const sign = `${text} ${stat.mtimeNs} ${statSync(folder).mtimeMs}`;
      return { name, sign, holder, state: stateOf(holder, here, String(stat.dev), onSystem) };
    } finally {
      closeSync(fd);
    }
  });
}

function stateOf(
  holder: Holder | undefined,
  here: Machine,
  device: string,
  onSystem: ReturnType<SystemLocks['look']>,
): FoundLock['state'] {
  // On one system kernel, one device has one table of locks. Two mounts of a network file system can have two.
  const sameTable = holder?.boot !== undefined && holder.boot === here.boot && holder.device === device;
  if (onSystem === 'held') return sameTable ? 'running' : 'locked';
  if (onSystem === 'free' && sameTable) return 'ended';
  const runs = holder && isRunning(holder, here);
  if (runs === undefined) return 'unknown';
  return runs ? 'running' : 'ended';
}

/** Frees a lock that was found. Returns false if it was already free or taken by another process. */
export function removeLock(directory: string, name: string): boolean {
  const removed = ifThere(() => {
    unlinkSync(join(lockFolder(directory), name));
    return true;
  });
  removeIfEmpty(lockFolder(directory));
  return removed ?? false;
}

/** Removes folders that killed processes prepared. A process that is just preparing one tries again. */
export function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(`${FOLDER}.tmp-`)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** The lock of this process. */
export class OwnLock {
  #count = 0;
  #open = true;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly fd: number,
    /** Where the counter begins in the file. */
    private readonly position: number,
  ) {}

  /** Acquires the lock of a directory; undefined if another process has it. */
  static acquire(
    directory: string,
    id: string,
    holder: Omit<Holder, 'format' | 'device'>,
    locks: SystemLocks,
  ): OwnLock | undefined {
    const folder = lockFolder(directory);
    const temporary = `${folder}.tmp-${id}`;
    const name = `${id}.json`;
    let fd: number | undefined;
    try {
      mkdirSync(temporary);
      fd = openSync(join(temporary, name), 'wx+');
      const device = locks.take(fd) === 'free' && { device: String(fstatSync(fd, { bigint: true }).dev) };
      const first = `${JSON.stringify({ format: 1, ...holder, ...device })}\n`;
      const own = new OwnLock(join(folder, name), fd, Buffer.byteLength(first));
      writeAll(fd, first, 0);
      own.showLife();
      removeIfEmpty(folder);
      renameSync(temporary, folder);
      return own;
    } catch (error) {
      // A network file system can report an error for a rename that was done.
      if (fd !== undefined && existsSync(join(folder, name))) {
        return new OwnLock(join(folder, name), fd, fstatSync(fd).size - DIGITS - 1);
      }
      if (fd !== undefined) closeSync(fd);
      rmSync(temporary, { recursive: true, force: true });
      if (isTaken(error, folder)) return undefined;
      throw error;
    }
  }

  /** Increases the counter, so that waiting processes see that this one lives. Throws if the file system refuses. */
  showLife(): void {
    if (!this.#open) return;
    try {
      writeAll(this.fd, this.#next(), this.position);
      fsyncSync(this.fd);
    } catch {
      // On a full disk, some file systems cannot even replace bytes; the file's time is a sign as well.
      const now = new Date();
      futimesSync(this.fd, now, now);
    }
  }

  /** The same without blocking: syncing can take seconds while a checkpoint is written. Calls must not overlap. */
  async showLifeSoon(): Promise<void> {
    if (!this.#open) return;
    const work = async () => {
      try {
        await write(this.fd, Buffer.from(this.#next()), 0, DIGITS + 1, this.position);
        await fsync(this.fd);
      } catch {
        const now = new Date();
        await futimes(this.fd, now, now);
      }
    };
    this.#writing = work();
    await this.#writing;
  }

  #next(): string {
    return `${String(++this.#count).padStart(DIGITS, '0')}\n`;
  }

  /**
   * Whether the lock still belongs to this process. Opens the file, because network file systems answer that from the
   * server, and everything else from a cache. Its name is that of this acquisition, so only a missing file means that
   * the lock was lost. Throws if the file system does not answer: then it is not known.
   */
  isHeld(): boolean {
    const there = ifThere(() => {
      closeSync(openSync(this.path, 'r'));
      return true;
    });
    return there === true && this.#open;
  }

  /** Frees the lock, unless another process has taken it. */
  async release(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    // A closed descriptor can be that of another file soon.
    await this.#writing.catch(() => undefined);
    // First closed: a network file system keeps deleted files that are open, under another name in the same folder.
    closeSync(this.fd);
    this.#remove();
  }

  /** Frees the lock while the process ends, which closes the file. */
  releaseAtExit(): void {
    if (this.#open) this.#remove();
  }

  #remove(): void {
    removeLock(dirname(dirname(this.path)), basename(this.path));
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text.slice(0, text.indexOf('\n')));
    const known =
      isPlainObject(holder) &&
      holder.format === 1 &&
      Number.isSafeInteger(holder.pid) &&
      (holder.pid as number) > 0 &&
      Number.isFinite(holder.lease) &&
      [holder.host, holder.since].every((value) => typeof value === 'string');
    return known ? (holder as unknown as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function writeAll(fd: number, text: string, position: number): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/**
 * Whether a rename failed because another process has the lock, or removed what this process had prepared, in the
 * belief that it was left by a killed one.
 */
function isTaken(error: unknown, folder: string): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['ENOTEMPTY', 'EEXIST'].includes(code)) return true;
  if (code === 'ENOENT') return existsSync(dirname(folder));
  // Windows.
  return code === 'EPERM' && existsSync(folder);
}

/** The result of `work`; undefined if a file or its folder is missing, or was deleted or replaced meanwhile. */
function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ESTALE', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Missing, or not empty.
  }
}
