/** Checks that nothing is trained twice when versions arrive one after another. */
import type { DataProvider } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { inTemporaryDirectory, type SmallExperiment } from './fixtures.js';
import { differences, failed, wrongInLedger } from './outcome.js';
import { type Finished, runStraight } from './start.js';

/** An experiment whose corpus grows. */
export interface GrowthCheck extends Omit<SmallExperiment, 'data'> {
  /** The corpus at each run; each has the versions of the one before it, and more. */
  readonly corpora: readonly DataProvider[];
}

/**
 * Runs an experiment once per corpus in one directory, and on the last corpus alone in another. Throws an Error with
 * the first differences if the last runs differ in releases, losses, curves or costs, or if any step was trained twice.
 * Returns the results of each run.
 *
 * Two versions that start from the same state, such as fresh weights or the release of an old version, can agree for
 * some steps by chance, and no state is stored where they part. With such paths, steps trained twice are not reported.
 */
export async function checkGrowth({ corpora, ...experiment }: GrowthCheck): Promise<readonly Results[]> {
  const once = await inTemporaryDirectory((directory) =>
    runStraight({ ...experiment, data: corpora.at(-1)! }, directory),
  );
  return inTemporaryDirectory(async (directory) => {
    const runs: Finished[] = [];
    for (const data of corpora) {
      const finished = await runStraight({ ...experiment, data }, directory);
      runs.push(finished);
      // The ledger has every step of the plan, and no other: nothing was trained again.
      const wrong = await wrongInLedger(directory, finished.results);
      if (wrong.length > 0 && !startsTwice(finished))
        throw failed(`after run ${runs.length}, steps were trained again`, wrong);
    }
    const [was, is] = [once, runs.at(-1)!].map((run) => {
      const { states: _, costs, ...rest } = run.outcome;
      return { ...rest, costs: startsTwice(run) ? { ...costs, actual: undefined } : costs };
    });
    const found = differences(was, is);
    if (found.length > 0) throw failed('versions that arrived one after another ended differently', found);
    return runs.map(({ results }) => results);
  });
}

/** Whether two versions of a strategy start from the same state. */
function startsTwice({ plan }: Finished): boolean {
  return plan.strategies.some(({ decisions }) => {
    const starts = decisions.map(({ spec }, index) => {
      if (index === 0 || spec.start.from === 'scratch' || !spec.carry.weights) return 'fresh weights';
      return spec.start.from === 'tip' ? `tip ${index}` : `release ${spec.start.version ?? index}`;
    });
    return new Set(starts).size < starts.length;
  });
}
