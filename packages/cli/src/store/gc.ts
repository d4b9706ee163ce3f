/** `store gc`: deletes what no recorded plan needs. */
import { Progress } from '../ui/progress.js';
import { styleFor } from '../ui/style.js';
import { type Choice, type Cleaning, chooseGarbage, clean } from './garbage.js';
import { gcAsJson, gcAsText } from './gc-text.js';
import { takeInventory } from './inventory.js';

/** Arguments of `store gc`. */
export interface GcArguments extends Choice {
  readonly run: string;
  /** Only prints what would be deleted. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Deletes, and prints what was freed and what was kept. */
export async function collectGarbage(args: GcArguments): Promise<void> {
  const before = await takeInventory(args.run);
  // Also outside of a dry run: fails before the lock is taken if the directory cannot be collected.
  const chosen = chooseGarbage(before, args);
  const cleaning = args.dryRun ? chosen : await withProgress((warn) => clean(args.run, before, args, warn));
  const text = args.json
    ? JSON.stringify(gcAsJson(cleaning, args), null, 2)
    : gcAsText(cleaning, args, before, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

async function withProgress(work: (warn: (message: string) => void) => Promise<Cleaning>): Promise<Cleaning> {
  const progress = new Progress();
  try {
    return await work((message) => progress.warn(message));
  } finally {
    progress.done();
  }
}
