/**
 * The promise of resume, checked: a run that is cut anywhere, any number of times, ends in the bits of one that is not.
 */
import { type ExperimentPlan, type Trainer } from '@branchline/core';
import { type Results } from '@branchline/evaluation';
import { inTemporaryDirectory, type SmallExperiment } from './fixtures.js';
import { differences, failed, wrongInLedger } from './outcome.js';
import { type Cut, type Finished, runStraight, type Start, startRun } from './start.js';

/** What to run, and where to cut it. */
export interface ResumeCheck extends SmallExperiment {
  /** One start each, in order; a last start, which is not cut, finishes the run. */
  readonly cuts: readonly Cut[];
  /** Takes turns with `trainer` in the run that is cut: another number of threads, say. Needs the same numerics. */
  readonly alternate?: Trainer;
}

/** What was seen on the way; when there is one, nothing differed. */
export interface ResumeReport {
  readonly plan: ExperimentPlan;
  /** Of the run that was not cut. */
  readonly results: Results;
  /** The starts of the run that was cut. */
  readonly starts: readonly Start[];
}

/**
 * Runs an experiment straight, and once more in another directory, where every start is a new experiment on what the
 * one before left. Throws an Error with the first differences and what they point to when the two do not end alike: in
 * the bytes of every checkpoint that is kept, in releases, captures, losses and costs; when a step was booked twice or
 * not at all; when a plugin plans differently the second time; or when a state of the trainer is left behind.
 */
export async function checkResume(check: ResumeCheck): Promise<ResumeReport> {
  const { trainer, alternate = trainer, cuts } = check;
  for (const info of [trainer?.describe(), alternate?.describe()]) {
    if (info?.deterministic === false) throw new Error(`${info.name} says of itself that it is not deterministic`);
  }
  if (trainer?.describe().numerics !== alternate?.describe().numerics) {
    throw new Error('the two trainers that take turns have different numerics');
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
    if (wrong.length > 0) throw failed('the run that was cut is not booked right', wrong);
    await compare(check, straight, finished!, starts);
    return { plan: straight.plan, results: straight.results, starts };
  });
}

async function compare(check: ResumeCheck, straight: Finished, cut: Finished, starts: readonly Start[]): Promise<void> {
  for (const part of ['states', 'releases', 'curves', 'costs'] as const) {
    const found = differences(straight.outcome[part], cut.outcome[part], part);
    if (found.length === 0) continue;
    const where = starts.flatMap((start) => (start.cut ? [`${start.cut.by} after ${start.cut.after}`] : []));
    const title = `a run that was cut (${where.join(', ')}) ended otherwise than one that was not`;
    throw failed(title, found, part === 'costs' ? [] : await suspects(check, straight));
  }
}

/** Tells a trainer that is not deterministic from one that loses something. */
async function suspects(check: ResumeCheck, straight: Finished): Promise<readonly string[]> {
  const again = await inTemporaryDirectory((directory) => runStraight(check, directory));
  return differences(straight.outcome, again.outcome).length > 0
    ? ['Two runs that were not cut differ as well: the trainer is not deterministic, or remembers one run in the next.']
    : [
        'Two runs that were not cut agree: something that decides the next step is not saved, not restored, or changed by',
        'a call in between (save, evaluate).',
      ];
}
