/** Deletes checkpoints that no recorded plan needs. Independent of the terminal. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BranchlineError, type PlanRecord, reasonsToKeep, withRunDirectory } from '@branchline/core';
import { checkpointIndex, type Listed, listCheckpoints } from './checkpoints.js';
import { type DiskEntry, type Inventory, takeInventory } from './inventory.js';

/** What counts as needed. */
export interface Choice {
  /** With `last`, forgets all plans but the last. */
  readonly plan: 'all' | 'last';
  /** Also deletes forks, starts and ends of paths. */
  readonly releasesOnly: boolean;
  /** Also deletes the folder `damaged`. */
  readonly damaged: boolean;
}

/** What is deleted and what is kept. */
export interface Cleaning {
  readonly delete: readonly Listed[];
  readonly keep: readonly Listed[];
  /** Plans that are forgotten. */
  readonly forget: readonly PlanRecord[];
  readonly leftovers: readonly DiskEntry[];
  readonly setAside: DiskEntry | undefined;
}

/** Deletes unreferenced checkpoints under the lock of the run directory. Throws if a plan cannot be read. */
export async function clean(
  run: string,
  before: Inventory,
  choice: Choice,
  warn: (message: string) => void,
): Promise<Cleaning> {
  return withRunDirectory(run, warn, async ({ store, lock }) => {
    // Takes a new inventory, because only now no other process writes. Opening the directory removed leftovers and set
    // damaged checkpoints aside.
    const now = await takeInventory(run);
    const cleaning = { ...chooseGarbage(now, choice), leftovers: before.leftovers };
    for (const { manifest } of cleaning.delete) {
      lock.assertHeld();
      await store.delete(manifest.key);
    }
    const gone = [...cleaning.leftovers, ...(cleaning.setAside === undefined ? [] : [cleaning.setAside])];
    // Plan records last: a plan is forgotten once the checkpoints that only it needed are deleted.
    const records = cleaning.forget.map(({ plan }) => join('plans', basename(`${plan}.json`)));
    for (const path of [...gone.map((entry) => entry.path), ...records]) {
      lock.assertHeld();
      await rm(join(run, path), { recursive: true, force: true });
    }
    return cleaning;
  });
}

/** Selects what would be deleted. Read-only. Throws if a plan cannot be read. */
export function chooseGarbage(inventory: Inventory, { plan, releasesOnly, damaged }: Choice): Cleaning {
  assertKnown(inventory);
  const plans = plan === 'last' ? inventory.plans.slice(0, 1) : inventory.plans;
  const needed = reasonsToKeep(plans, checkpointIndex(inventory.checkpoints), { releasesOnly });
  const listed = listCheckpoints(inventory);
  return {
    delete: listed.filter(({ manifest }) => !needed.has(manifest.key)),
    keep: listed.filter(({ manifest }) => needed.has(manifest.key)),
    forget: inventory.plans.slice(plans.length),
    leftovers: inventory.leftovers,
    setAside: damaged ? inventory.setAside : undefined,
  };
}

/** Throws if a plan cannot be read, because what it needs is then unknown. */
function assertKnown({ directory, plans, unreadable, checkpoints }: Inventory): void {
  if (unreadable.length > 0) {
    throw new BranchlineError(
      'damaged',
      unreadable.map((path) => ({
        message: `${join(directory, path)} cannot be read, so it is unknown which checkpoints its plan needs; nothing was deleted`,
        remedy:
          'Run the experiment once more: it writes the record again. Or delete the file, and with it what only that plan needs.',
      })),
    );
  }
  if (plans.length === 0 && checkpoints.length > 0) {
    throw new BranchlineError('store', {
      message: `${directory} has no record of a plan, so it is unknown which checkpoints are needed; nothing was deleted`,
      remedy: 'Run the experiment once more: it records its plan, and trains nothing that is stored.',
    });
  }
}
