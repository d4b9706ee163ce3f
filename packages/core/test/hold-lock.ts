/**
 * A process that takes the lock of a directory. Arguments: the directory, and its options as JSON. Prints `held` or the
 * error; then, for every line of standard input, whether it may write: `ok` or the code of the error. For the line
 * `without files`, no file can be opened meanwhile. Ends with its input.
 */
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { BranchlineError } from '../src/errors.js';
import { type LockParts, lockWith } from '../src/lock/lock.js';
import { NO_SYSTEM_LOCKS } from '../src/lock/system-locks.js';

/** Options of the process. */
export interface HoldOptions extends Partial<Omit<LockParts, 'systemLocks'>> {
  /** Plays a file system without locks. */
  readonly withoutLocks?: boolean;
}

const [directory, json] = process.argv.slice(2) as [string, string];
const { withoutLocks, ...parts } = JSON.parse(json) as HoldOptions;
const lock = await lockWith(directory, {}, { ...parts, ...(withoutLocks && { systemLocks: NO_SYSTEM_LOCKS }) });
console.log('held');
for await (const line of createInterface({ input: process.stdin })) {
  const files = line === 'without files' ? openAll() : [];
  let answer = 'ok';
  try {
    lock.assertHeld();
  } catch (error) {
    answer = (error as BranchlineError).code;
  }
  for (const fd of files) closeSync(fd);
  console.log(answer);
}
await lock.release();

/** Opens as many files as the process may. */
function openAll(): readonly number[] {
  const files: number[] = [];
  try {
    for (;;) files.push(openSync(process.execPath, 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
  return files;
}
