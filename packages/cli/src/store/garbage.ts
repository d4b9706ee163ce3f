/** Deletes checkpoints that no recorded plan needs. Knows no terminal. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BranchlineError, type PlanRecord, reasonsToKeep, withRunDirectory } from '@branchline/core';
import { type Listed, listCheckpoints, shelfOf } from './checkpoints.js';
import { type Inventory, type Lump, takeInventory } from './inventory.js';

/** What counts as needed. */
export interface Choice {
  /** `last`: plans before the last one are forgotten. */
  readonly plan: 'all' | 'last';
  /** Forks, starts and ends of paths go too. */
  readonly releasesOnly: boolean;
  /** The folder `damaged` goes too. */
  readonly damaged: boolean;
}

/** What is deleted and what stays. */
export interface Cleaning {
  readonly delete: readonly Listed[];
  readonly keep: readonly Listed[];
  /** Plans that are forgotten. */
  readonly forget: readonly PlanRecord[];
  readonly leftovers: readonly Lump[];
  readonly setAside: Lump | undefined;
}

/** Deletes under the run directory's lock what nothing needs any more. Throws when not every plan is known. */
export async function clean(
  run: string,
  before: Inventory,
  choice: Choice,
  warn: (message: string) => void,
): Promise<Cleaning> {
  return withRunDirectory(run, warn, async ({ store, lock }) => {
    // Looked at again: only now nothing else writes. Opening it has removed leftovers and set damaged checkpoints
    // aside.
    const now = await takeInventory(run);
    const cleaning = { ...chooseGarbage(now, choice), leftovers: before.leftovers };
    for (const { manifest } of cleaning.delete) {
      lock.assertHeld();
      await store.delete(manifest.key);
    }
    const gone = [...cleaning.leftovers, ...(cleaning.setAside === undefined ? [] : [cleaning.setAside])];
    // Records last: a plan is forgotten when what only it needed is gone.
    const records = cleaning.forget.map(({ plan }) => join('plans', basename(`${plan}.json`)));
    for (const path of [...gone.map((lump) => lump.path), ...records]) {
      lock.assertHeld();
      await rm(join(run, path), { recursive: true, force: true });
    }
    return cleaning;
  });
}

/** What would be deleted. Touches nothing; throws when not every plan is known. */
export function chooseGarbage(inventory: Inventory, { plan, releasesOnly, damaged }: Choice): Cleaning {
  assertKnown(inventory);
  const plans = plan === 'last' ? inventory.plans.slice(0, 1) : inventory.plans;
  const needed = reasonsToKeep(plans, shelfOf(inventory.checkpoints), { releasesOnly });
  const listed = listCheckpoints(inventory);
  return {
    delete: listed.filter(({ manifest }) => !needed.has(manifest.key)),
    keep: listed.filter(({ manifest }) => needed.has(manifest.key)),
    forget: inventory.plans.slice(plans.length),
    leftovers: inventory.leftovers,
    setAside: damaged ? inventory.setAside : undefined,
  };
}

/** Throws when not every plan is known: then it is not known what is needed. */
function assertKnown({ directory, plans, unreadable, checkpoints }: Inventory): void {
  if (unreadable.length > 0) {
    throw new BranchlineError(
      'damaged',
      unreadable.map((path) => ({
        message: `${join(directory, path)} cannot be read, so nobody knows which checkpoints its plan needs; nothing was deleted`,
        remedy:
          'Run the experiment once more: it writes the record anew. Or delete the file, and with it what only that plan needs.',
      })),
    );
  }
  if (plans.length === 0 && checkpoints.length > 0) {
    throw new BranchlineError('store', {
      message: `${directory} has no record of a plan, so nobody knows which checkpoints are needed; nothing was deleted`,
      remedy: 'Run the experiment once more: it records its plan, and trains nothing that is stored.',
    });
  }
}
