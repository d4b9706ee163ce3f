/**
 * `starting.json` of a run directory: a process prepares a start of the run. It reads text and plans, and does not hold
 * the lock yet. Nothing depends on this file.
 */
import { readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isPlainObject, isRunning, type ProcessOnMachine, thisProcess, writeFileAtomic } from '@branchline/core';

/** Name of the file in its run directory. */
export const START_MARK = 'starting.json';

/** A process that prepares, or prepared. */
export interface StartMark {
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly process: ProcessOnMachine;
}

/**
 * Says that this process prepares a start, until the returned function is called, which may be done twice. A directory
 * with nothing else in it is removed then. Never throws: without a mark, what watches the run knows less.
 */
export async function markStart(directory: string, now: () => number = Date.now): Promise<() => Promise<void>> {
  const path = join(directory, START_MARK);
  const own = `${JSON.stringify({ format: 1, time: now(), process: thisProcess() })}\n`;
  let isMarked = await writeFileAtomic(path, own).then(
    () => true,
    () => false,
  );
  return async () => {
    if (!isMarked) return;
    isMarked = false;
    // Another start may have replaced it.
    if ((await readFile(path, 'utf8').catch(() => '')) === own) await rm(path, { force: true }).catch(() => undefined);
    await rmdir(directory).catch(() => undefined);
  };
}

/** The mark of a run directory, and whether its process still prepares, as far as that is known here. */
export async function readMark(
  directory: string,
): Promise<{ readonly time: number; readonly isRunning: boolean } | undefined> {
  try {
    const mark: unknown = JSON.parse(await readFile(join(directory, START_MARK), 'utf8'));
    if (!isPlainObject(mark) || mark.format !== 1 || !Number.isFinite(mark.time)) return undefined;
    if (!isPlainObject(mark.process) || !Number.isSafeInteger(mark.process.pid)) return undefined;
    const { time, process } = mark as unknown as StartMark;
    return { time, isRunning: process.pid > 0 && isRunning(process, thisProcess()) === true };
  } catch {
    return undefined;
  }
}
