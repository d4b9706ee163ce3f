/** Checks that a run ends in the same bits whether or not it was cut. */
import type { ExperimentPlan, Trainer } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { inTemporaryDirectory, type SmallExperiment } from './fixtures.js';
import { differences, failed, wrongInLedger } from './outcome.js';
import { type Cut, type Finished, runStraight, type Start, startRun } from './start.js';

/** What to run, and where to cut it. */
export interface ResumeCheck extends SmallExperiment {
  /** One start each, in order. A further start without a cut finishes the run. */
  readonly cuts: readonly Cut[];
  /** Used by every other start of the run that is cut, e.g. with another number of threads. Needs equal numerics. */
  readonly alternate?: Trainer;
  /** Lanes of the run that is cut, which share its trainer; the other run has one. Default 1. */
  readonly lanes?: number;
}

/** Details of a check that passed. */
export interface ResumeReport {
  readonly plan: ExperimentPlan;
  /** Results of the run that was not cut. */
  readonly results: Results;
  /** The starts of the run that was cut. */
  readonly starts: readonly Start[];
}

/**
 * Runs an experiment without interruption, and again in another directory, where each start resumes what the previous
 * one left. Throws an Error with the first differences and hints when the outcomes differ: in the bytes of a checkpoint
 * that is kept, in releases, captures, losses or costs. Also throws when a step was booked twice or not at all, when a
 * plugin plans differently the second time, or when a trainer state was not disposed.
 */
export async function checkResume(check: ResumeCheck): Promise<ResumeReport> {
  const { trainer, alternate = trainer, cuts } = check;
  for (const info of [trainer?.describe(), alternate?.describe()]) {
    if (info?.deterministic === false) throw new Error(`${info.name} declares that it is not deterministic`);
  }
  if (trainer?.describe().numerics !== alternate?.describe().numerics) {
    throw new Error('trainer and alternate have different numerics');
  }
  const straight = await inTemporaryDirectory((directory) => runStraight(check, directory));
  return inTemporaryDirectory(async (directory) => {
    const starts: Start[] = [];
    let finished: Finished | undefined;
    for (const cut of [...cuts, undefined]) {
      const turn = starts.length % 2 === 0 ? trainer : alternate;
      const end = await startRun({ ...check, trainer: turn }, directory, cut, straight.plan);
      starts.push(end.start);
      finished = end.finished;
      if (finished) break;
    }
    const wrong = await wrongInLedger(directory, finished!.results);
    if (wrong.length > 0) throw failed('the ledger of the run that was cut is wrong', wrong);
    await compare(check, straight, finished!, starts);
    return { plan: straight.plan, results: straight.results, starts };
  });
}

async function compare(check: ResumeCheck, straight: Finished, cut: Finished, starts: readonly Start[]): Promise<void> {
  for (const part of ['states', 'releases', 'curves', 'costs'] as const) {
    const found = differences(straight.outcome[part], cut.outcome[part], part);
    if (found.length === 0) continue;
    const where = starts.flatMap((start) => (start.cut ? [`${start.cut.by} after ${start.cut.after}`] : []));
    const title = `a run that was cut (${where.join(', ')}) ended differently from one that was not`;
    throw failed(title, found, part === 'costs' ? [] : await suspects(check, straight));
  }
}

/** Hints: distinguishes a trainer that is not deterministic from one that loses state. */
async function suspects(check: ResumeCheck, straight: Finished): Promise<readonly string[]> {
  const again = await inTemporaryDirectory((directory) => runStraight(check, directory));
  return differences(straight.outcome, again.outcome).length > 0
    ? ['Two runs that were not cut differ as well: the trainer is not deterministic, or keeps state between runs.']
    : [
        'Two runs that were not cut agree: state that the next step depends on is not saved, not restored, or changed by',
        'a call in between (save, evaluate).',
      ];
}
