/** Finds what is not as it was written in a run directory, and says what the next run makes of it. Touches nothing. */
import { join, relative } from 'node:path';
import type { Records } from '@branchline/accounting';
import { type Digest, reasonsToKeep } from '@branchline/core';
import { shelfOf } from './checkpoints.js';
import { type Inventory, sizeOf } from './inventory.js';
import { describeReasons } from './words.js';

/** Something that is not what was written. */
export interface Damage {
  /** Relative to the run directory. */
  readonly path: string;
  readonly message: string;
  /** What the next run makes of it. */
  readonly next: string;
  /** Of a checkpoint. */
  readonly key?: Digest;
}

const STRETCH = 'its losses are missing in curves, and it cannot be booked again should its line of the ledger be lost';
const EVALUATION = 'the next run that needs it evaluates the checkpoint again';
const PLAN = 'a run of the same plan writes it anew; until then store gc deletes nothing';

/** `onProgress` is told how many bytes of checkpoints were read. */
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
    // A run that goes on deletes what it has no more use for.
    if (message === undefined || (await sizeOf(join(directory, path))) === undefined) continue;
    // A release whose evaluation is stored is not read by the next run, which would not notice.
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

/** What the next run makes of a checkpoint that is not there any more. */
function whatIsRemade({ plans, unreadable, checkpoints }: Inventory): (key: Digest) => string {
  const reasons = reasonsToKeep(plans, shelfOf(checkpoints));
  return (key) => {
    const own = reasons.get(key);
    if (own === undefined) return unreadable.length > 0 ? 'whether a plan needs it is not known' : 'nobody needs it';
    const wanted = own.some(({ why }) => why === 'release' || why === 'capture' || why === 'measure');
    const when = wanted ? 'then the next run makes it again' : 'it is made again when something is trained from it';
    return `${when} (${describeReasons(own)})`;
  };
}
