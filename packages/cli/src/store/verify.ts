/** `store verify`: reads all stored files of a run and compares them with their digests. */
import { readRecords } from '@branchline/accounting';
import { BranchlineError, type Digest, withRunDirectory } from '@branchline/core';
import { EXIT } from '../exit-codes.js';
import { plural, quantity } from '../ui/format.js';
import { printable } from '../ui/printable.js';
import { Progress } from '../ui/progress.js';
import { type Style, styleFor } from '../ui/style.js';
import { sumOf } from './checkpoints.js';
import { type Damage, findDamage } from './damage.js';
import { shortKey } from './format-reasons.js';
import { takeInventory } from './inventory.js';

/** Arguments of `store verify`. */
export interface VerifyArguments {
  readonly run: string;
  /** Moves damaged checkpoints to `damaged`, so that the next run makes them again. Otherwise read-only. */
  readonly setAside: boolean;
  readonly json: boolean;
}

/** Result of the verification. */
interface Verdict {
  readonly run: string;
  readonly sound: boolean;
  /** Amount of data read. */
  readonly read: {
    readonly checkpoints: number;
    readonly bytes: number;
    /** Of training chunks and of evaluations. */
    readonly records: number;
    readonly plans: number;
  };
  readonly damages: readonly Damage[];
  /** Checkpoints that were moved. */
  readonly setAside: readonly Digest[];
}

/** Verifies and prints. Sets `process.exitCode` if anything is damaged. */
export async function verifyStore(args: VerifyArguments): Promise<void> {
  const verdict = await verify(args);
  if (!verdict.sound) process.exitCode = EXIT.store;
  const text = args.json ? JSON.stringify(verdict, null, 2) : textOf(verdict, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

async function verify({ run, setAside }: VerifyArguments): Promise<Verdict> {
  const inventory = await takeInventory(run);
  const records = await readRecords(run);
  const { checkpoints, plans, unreadable } = inventory;
  const bytes = sumOf(checkpoints);
  const progress = new Progress();
  try {
    progress.phase(`reading ${quantity(bytes, 'B')} of checkpoints`);
    const damages = await findDamage(inventory, records, (done) => {
      progress.onData({ stage: 'verify', message: `${quantity(done, 'B')} done`, done, total: bytes });
    });
    const keys = damages.flatMap(({ key }) => (key === undefined ? [] : [key]));
    if (setAside && keys.length > 0) await moveAway(run, keys, (message) => progress.warn(message));
    return {
      run,
      sound: damages.length === 0,
      read: {
        checkpoints: checkpoints.length,
        bytes,
        records: records.sound.size + records.damaged.length,
        plans: plans.length + unreadable.length,
      },
      damages,
      setAside: setAside ? keys : [],
    };
  } finally {
    progress.done();
  }
}

/**
 * Moves damaged checkpoints: opening the run directory sets aside those without a usable manifest, opening a checkpoint
 * those with damaged files.
 */
async function moveAway(run: string, keys: readonly Digest[], warn: (message: string) => void): Promise<void> {
  await withRunDirectory(run, warn, async ({ store }) => {
    for (const key of keys) {
      if (!store.has(key)) continue;
      await store.open(key).catch((error: unknown) => {
        if (!(error instanceof BranchlineError) || error.code !== 'damaged') throw error;
      });
    }
  });
}

function textOf({ run, sound, read, damages, setAside }: Verdict, style: Style): string {
  const all = [
    `${plural(read.checkpoints, 'checkpoint')} (${quantity(read.bytes, 'B')})`,
    plural(read.records, 'record of training and evaluation', 'records of training and evaluation'),
    plural(read.plans, 'plan'),
  ].join(', ');
  if (sound) return `everything is as it was written: ${all}`;
  const lines = damages.map(({ path, key, message, next }) => {
    const what = key === undefined ? path : `checkpoint ${shortKey(key)}`;
    return `${style.red('damaged')} ${printable(`${what}: ${message}`)}\n    ${style.dim(printable(next))}`;
  });
  const movable = damages.some(({ key }) => key !== undefined);
  const last = [
    `${plural(damages.length, 'damage')} in ${all}`,
    ...(setAside.length > 0 ? [`moved ${plural(setAside.length, 'checkpoint')} to damaged/`] : []),
    ...(movable && setAside.length === 0
      ? [`branchline store verify ${run} --set-aside moves damaged checkpoints to damaged/`]
      : []),
  ];
  return [...lines, '', ...last].join('\n');
}
