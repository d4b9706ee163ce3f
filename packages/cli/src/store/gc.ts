/** `store gc`: deletes what no recorded plan needs. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BranchlineError, type PlanRecord, reasonsToKeep, withRunDirectory } from '@branchline/core';
import { Progress } from '../ui/progress.js';
import { styleFor } from '../ui/style.js';
import { gcAsJson, gcAsText } from './gc-text.js';
import { type Inventory, type Lump, takeInventory } from './inventory.js';
import { type Listed, listCheckpoints, shelfOf } from './ls.js';

/** Arguments of `store gc`. */
export interface GcArguments {
  readonly run: string;
  /** Tells what would be deleted; touches nothing. */
  readonly dryRun: boolean;
  /** `last`: plans before the last one are forgotten. */
  readonly plan: 'all' | 'last';
  /** Forks, starts and ends of paths go too. */
  readonly releasesOnly: boolean;
  /** The folder `damaged` goes too. */
  readonly damaged: boolean;
  readonly json: boolean;
}

/** What goes and what stays. */
export interface Cleaning {
  readonly delete: readonly Listed[];
  readonly keep: readonly Listed[];
  /** Plans that are forgotten. */
  readonly forget: readonly PlanRecord[];
  readonly leftovers: readonly Lump[];
  readonly setAside: Lump | undefined;
}

/** Deletes under the run directory's lock, and prints what was freed and what stays. */
export async function collectGarbage(args: GcArguments): Promise<void> {
  const before = await takeInventory(args.run);
  assertKnown(before);
  const cleaning = args.dryRun ? choose(before, args) : await clean(before, args);
  const text = args.json
    ? JSON.stringify(gcAsJson(cleaning, args), null, 2)
    : gcAsText(cleaning, args, before, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

async function clean(before: Inventory, args: GcArguments): Promise<Cleaning> {
  const progress = new Progress();
  try {
    return await withRunDirectory(
      args.run,
      (message) => progress.warn(message),
      async ({ store, lock }) => {
        // Looked at again: only now nobody else writes. Opening it has removed leftovers and set damaged checkpoints aside.
        const now = await takeInventory(args.run);
        assertKnown(now);
        const cleaning = { ...choose(now, args), leftovers: before.leftovers };
        for (const { manifest } of cleaning.delete) {
          lock.assertHeld();
          await store.delete(manifest.key);
        }
        const gone = [...cleaning.leftovers, ...(cleaning.setAside === undefined ? [] : [cleaning.setAside])];
        // Records last: a plan is forgotten when what only it needed is gone.
        const records = cleaning.forget.map(({ plan }) => join('plans', basename(`${plan}.json`)));
        for (const path of [...gone.map((lump) => lump.path), ...records]) {
          lock.assertHeld();
          await rm(join(args.run, path), { recursive: true, force: true });
        }
        return cleaning;
      },
    );
  } finally {
    progress.done();
  }
}

function choose(inventory: Inventory, { plan, releasesOnly, damaged }: GcArguments): Cleaning {
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

/** Throws when not every plan is known: then nobody can tell what is needed. */
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
