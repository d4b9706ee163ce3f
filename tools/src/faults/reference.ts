/** The undisturbed run: its results, which all others must reproduce, and its size. */
import { cp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from './damage.ts';
import { CACHE, RUN, UPDATE, VERSIONS, writeExperiment } from './experiment.ts';
import { compareGrowth } from './growth.ts';
import type { Lengths } from './plan.ts';
import { type Ended, runCommand } from './process.ts';
import { compareRuns, type Finished, readFinished } from './verify.ts';

/** The completed undisturbed run, in a workspace that cases are copied from. */
export interface Reference {
  readonly directory: string;
  readonly run: Finished;
  /** The completed run of all versions but the last, in a workspace of its own. */
  readonly earlier: { readonly directory: string; readonly run: Finished };
  readonly lengths: Lengths;
}

const PAGE_BYTES = 4096;

/**
 * Runs the experiment twice, once including text preparation, and a third time in two parts, the second of which is an
 * update to the last version. Throws if the runs differ or do not finish.
 */
export async function makeReference(directory: string, seeds = 1): Promise<Reference> {
  await writeExperiment(directory, seeds);
  const cold = await runCommand(directory, { kind: 'count' });
  const first = await finished(directory, cold);
  await rm(join(directory, RUN), { recursive: true });
  const begin = performance.now();
  const warm = await runCommand(directory, { kind: 'count' });
  const milliseconds = performance.now() - begin;
  const run = await finished(directory, warm);
  assertSame(first, run);
  const { growth, ...earlier } = await grow(join(directory, 'earlier'), seeds, run);
  const lengths: Lengths = {
    preparation: cold.report!.moments - warm.report!.moments,
    run: warm.report!.moments,
    steps: warm.report!.steps,
    milliseconds,
    preparationBytes: await bytesBelow(join(directory, CACHE)),
    runBytes: await bytesBelow(join(directory, RUN)),
    growth,
  };
  return { directory, run, earlier, lengths };
}

/** Runs all versions but the last in a folder, and measures the update to the last one in a copy of it. */
async function grow(
  directory: string,
  seeds: number,
  undisturbed: Finished,
): Promise<Reference['earlier'] & { readonly growth: Lengths['growth'] }> {
  await writeExperiment(directory, seeds, VERSIONS - 1);
  const run = await finished(directory, await runCommand(directory, { kind: 'count' }));
  const grown = `${directory}-grown`;
  await cp(directory, grown, { recursive: true });
  await writeExperiment(grown, seeds);
  const runs = join(grown, 'runs');
  const bytesBefore = await bytesBelow(runs);
  const begin = performance.now();
  const updated = await runCommand(grown, { kind: 'count' }, UPDATE);
  const milliseconds = performance.now() - begin;
  const all = await finished(grown, updated);
  assertSame(undisturbed, all, compareGrowth(run, undisturbed, all));
  const bytes = (await bytesBelow(runs)) - bytesBefore;
  await rm(grown, { recursive: true });
  return { directory, run, growth: { moments: updated.report!.moments, milliseconds, bytes } };
}

function assertSame(a: Finished, b: Finished, more: readonly string[] = []): void {
  const { lost, unread, curves, stepsAgain } = compareRuns(a, b);
  const differences = [...lost, ...unread, ...curves, ...more];
  if (differences.length > 0 || stepsAgain > 0) {
    throw new Error(`two undisturbed runs differ:\n${differences.join('\n')}`);
  }
}

async function finished(directory: string, { code, output, report }: Ended): Promise<Finished> {
  const { run, problems } = await readFinished(directory);
  if (code !== 0 || run === undefined || problems.length > 0 || report === undefined) {
    throw new Error(`the undisturbed run ended with code ${code}\n${[...problems, output].join('\n')}`);
  }
  return run;
}

/** Disk usage of a folder's files, in bytes. */
async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const file of await filesBelow(directory)) {
    bytes += Math.ceil((await stat(join(directory, file))).size / PAGE_BYTES) * PAGE_BYTES;
  }
  return bytes;
}
