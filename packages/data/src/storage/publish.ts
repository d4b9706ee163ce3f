/** Folders and files that appear in the cache as a whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { digestJson, makeFolderSync, thisProcess } from '@branchline/core';
import { lookAt } from './files.js';

/** Makes the names in a directory durable. */
function syncDirectory(directory: string): void {
  let handle: number;
  try {
    handle = openSync(directory, 'r');
  } catch {
    return; // Windows cannot open directories, and needs no sync after a rename.
  }
  try {
    fsyncSync(handle);
  } catch {
    // Not supported here either.
  } finally {
    closeSync(handle);
  }
}

let buildNumber = 0;

/**
 * Calls `work` with a temporary folder in `cacheDirectory`, which is removed afterwards. Folders that killed processes
 * left are removed first.
 */
export async function inTemporary<T>(
  cacheDirectory: string,
  name: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  makeFolderSync(cacheDirectory);
  const temporary = path.join(cacheDirectory, `${name}.tmp-${machine()}-${process.pid}-${buildNumber++}`);
  mkdirSync(temporary);
  // By the clock of the file system: those of two machines differ.
  removeAbandoned(cacheDirectory, statSync(temporary).mtimeMs);
  try {
    return await work(temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * Moves a file or folder, whose files are synced, to its place. If it is there already, which means with the same
 * content, that one stays as it is.
 */
export function publish(from: string, to: string): void {
  makeFolderSync(path.dirname(to));
  if (!existsSync(to)) {
    if (statSync(from).isDirectory()) syncDirectory(from);
    try {
      renameSync(from, to);
      syncDirectory(path.dirname(to));
      return;
    } catch (error) {
      // Another process was faster.
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  rmSync(from, { recursive: true });
}

/** What another machine or container left may be removed when it is older: no preparation takes that long. */
export const ABANDONED_MS = 7 * 86_400_000;

/** Tells apart machines and containers, in which a process id means different processes. */
function machine(): string {
  const { host, boot, pids } = thisProcess();
  return digestJson([host, boot ?? null, pids ?? null]).slice(0, 8);
}

/** Removes temporary folders of killed processes. */
function removeAbandoned(cacheDirectory: string, now: number): void {
  for (const { name, isAbandoned } of temporaryFolders(cacheDirectory, now))
    if (isAbandoned) rmSync(path.join(cacheDirectory, name), { recursive: true, force: true });
}

/**
 * Temporary folders, and whether their process was killed. Whether a process of another machine or container still runs
 * is not known here, so its folder must be old.
 *
 * @param now Time by the clock of the file system, in milliseconds.
 */
export function temporaryFolders(
  cacheDirectory: string,
  now: number,
): readonly { readonly name: string; readonly isAbandoned: boolean }[] {
  const here = machine();
  return readdirSync(cacheDirectory).flatMap((name) => {
    const [, where, pid] = /^.+\.tmp-(?:([0-9a-f]{8})-)?(\d+)-\d+$/.exec(name) ?? [];
    if (pid === undefined) return [];
    const changed = lookAt(path.join(cacheDirectory, name))?.mtimeMs;
    const isOld = changed !== undefined && now - changed > ABANDONED_MS;
    return [{ name, isAbandoned: where === here ? !isAlive(Number(pid)) : isOld }];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
