/**
 * A process that takes the lock of a directory. Arguments: the directory, and its options as JSON. Prints `held` or the
 * error; then, for every line of standard input, whether it may write: `ok` or `lost`. Ends with its input.
 */
import { createInterface } from 'node:readline';
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
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    lock.assertHeld();
    console.log('ok');
  } catch {
    console.log('lost');
  }
}
await lock.release();
