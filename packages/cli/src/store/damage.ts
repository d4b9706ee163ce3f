/**
 * Finds files of a run directory that differ from what was written, and says how the next run handles them. Read-only.
 */
import { join, relative } from 'node:path';
import type { Records } from '@branchline/accounting';
import { type Digest, reasonsToKeep } from '@branchline/core';
import { checkpointIndex } from './checkpoints.js';
import { describeReasons } from './format-reasons.js';
import { type Inventory, sizeOf } from './inventory.js';

/** A file that is not as it was written. */
export interface Damage {
  /** Relative to the run directory. */
  readonly path: string;
  readonly message: string;
  /** How the next run handles it. */
  readonly next: string;
  /** Key of the checkpoint, if it is one. */
  readonly key?: Digest;
}

const STRETCH = 'its losses are missing in curves, and it cannot be booked again if its line of the ledger is lost';
const EVALUATION = 'the next run that needs it evaluates the checkpoint again';
const PLAN = 'a run of the same plan writes it again; until then store gc deletes nothing';

/** Finds all damage. `onProgress` receives the number of checkpoint bytes read. */
export async function findDamage(
  inventory: Inventory,
  records: Records,
  onProgress: (bytes: number) => void,
): Promise<readonly Damage[]> {
  const { directory, store, checkpoints, damaged, unreadable } = inventory;
  const remade = whatIsRemade(inventory);
  const found: Damage[] = damaged.map(({ key, message }) => {
    return { path: join('checkpoints', key), message, next: `the next run sets it aside; ${remade(key)}`, key };
  });
  let read = 0;
  for (const { manifest, bytes } of checkpoints) {
    const { key } = manifest;
    const path = join('checkpoints', key);
    const message = await store.verify(key);
    read += bytes;
    onProgress(read);
    // A concurrent run deletes checkpoints that it no longer needs.
    if (message === undefined || (await sizeOf(join(directory, path))) === undefined) continue;
    // The next run does not read a release whose evaluation is stored, so it would miss the damage.
    const next = `a run that reads it sets it aside, and --set-aside does so at once; ${remade(key)}`;
    found.push({ path, message, next, key });
  }
  for (const path of unreadable) found.push({ path, message: 'is not what was written', next: PLAN });
  for (const { file, message } of records.damaged) {
    const path = relative(directory, file);
    found.push({ path, message, next: path.startsWith('stretches') ? STRETCH : EVALUATION });
  }
  return found;
}

/** Returns a function that says how the next run replaces a missing checkpoint. */
function whatIsRemade({ plans, unreadable, checkpoints }: Inventory): (key: Digest) => string {
  const reasons = reasonsToKeep(plans, checkpointIndex(checkpoints));
  return (key) => {
    const own = reasons.get(key);
    if (own === undefined) return unreadable.length > 0 ? 'it is unknown whether a plan needs it' : 'it is not needed';
    const wanted = own.some(({ why }) => why === 'release' || why === 'capture' || why === 'measure');
    const when = wanted ? 'then the next run makes it again' : 'it is made again when something is trained from it';
    return `${when} (${describeReasons(own)})`;
  };
}
