/** One start of a run, which finishes or is cut. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, type ExperimentPlan, messageOf, type RestoreParts } from '@branchline/core';
import { createExperiment, type Results } from '@branchline/evaluation';
import { type SmallExperiment, smallExperiment } from './fixtures.js';
import { differences, failed, outcomeOf, type RunOutcome, targetsOf } from './outcome.js';
import { WatchedTrainer } from './watch.js';

/**
 * Where one start of a run ends. `stop` requests a stop, as Ctrl-C does, during step `after` of this start; the run may
 * still store that step. The crashes lose everything that is not stored yet: `crash` right after that step,
 * `crash-in-save` in the middle of the next checkpoint, `crash-in-evaluation` when the next release is evaluated.
 */
export interface Cut {
  readonly by: 'stop' | 'crash' | 'crash-in-save' | 'crash-in-evaluation';
  /** Steps made in this start, at least 1. A start with fewer steps left is not cut. */
  readonly after: number;
}

/** One start of a run. */
export interface Start {
  /** Undefined for a start that finished the run. */
  readonly cut: Cut | undefined;
  /** Steps made, including those that a crash lost. */
  readonly made: number;
  /** The parts requested by each `restore`. */
  readonly restores: readonly RestoreParts[];
  /** Keys of the checkpoints stored at its end. */
  readonly stored: readonly string[];
}

/** A finished run. */
export interface Finished {
  /** The final plan, in which no strategy waits for losses. */
  readonly plan: ExperimentPlan;
  readonly results: Results;
  readonly outcome: RunOutcome;
}

/** Runs an experiment in one start, without a cut. */
export async function runStraight(experiment: SmallExperiment, directory: string): Promise<Finished> {
  const { finished } = await startRun(experiment, directory);
  return finished!;
}

/**
 * Starts a run once, on `lanes` that share the trainer, default 1, unless there are other trainers; `before` is the
 * plan of the previous start, if any. Throws when the run fails for another reason than `cut`, when its plan differs
 * from `before`, or when it leaves a trainer state undisposed.
 */
export async function startRun(
  { lanes = 1, ...experiment }: SmallExperiment & { readonly lanes?: number },
  directory: string,
  cut?: Cut,
  before?: ExperimentPlan,
): Promise<{ readonly start: Start; readonly finished: Finished | undefined }> {
  const controller = new AbortController();
  // A `store` error stops the kernel at once, without storing further states.
  const death = new BranchlineError('store', { message: 'the process died here' });
  let armed = false;
  const dieIn = (by: Cut['by']) => () => {
    if (armed && cut?.by === by) throw death;
  };
  const parts = smallExperiment(experiment, directory);
  const trainer = new WatchedTrainer(parts.trainer, {
    afterStep: (made) => {
      if (made !== cut?.after) return;
      armed = true;
      if (cut.by === 'stop') controller.abort();
      dieIn('crash')();
    },
    inSave: dieIn('crash-in-save'),
    beforeEvaluation: dieIn('crash-in-evaluation'),
  });
  const otherTrainers = parts.otherTrainers ?? Array.from({ length: lanes - 1 }, () => trainer);
  const running = createExperiment({ ...parts, trainer, otherTrainers });
  const plan = await running.plan();
  if (before !== undefined) comparePlans(before, plan);
  let finished: Finished | undefined;
  try {
    const { results, failures } = await running.run(plan, {
      command: 'checkResume',
      signal: controller.signal,
      startAnyway: true,
    });
    if (failures[0]) throw failures[0].error;
    const whole = plan.open.length > 0 ? await running.plan() : plan;
    finished = { plan: whole, results, outcome: await outcomeOf(whole, results, directory) };
  } catch (error) {
    const stopped = error instanceof BranchlineError && error.code === 'interrupted';
    if (cut?.by === 'stop' ? !stopped : error !== death) {
      if (before === undefined) throw error;
      throw new Error(`a run that was cut fails, and one that was not does not: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  if (before !== undefined && finished !== undefined) comparePlans(before, finished.plan);
  const { made, restores, alive } = trainer;
  if (alive > 0) throw new Error(`${alive} states of the trainer were never disposed`);
  const stored = await readdir(join(directory, 'checkpoints'));
  return { start: { cut: finished ? undefined : cut, made, restores, stored }, finished };
}

/** Compares two plans of one experiment. Strategies of `now` that still wait for losses are left out. */
function comparePlans(before: ExperimentPlan, now: ExperimentPlan): void {
  const waiting = new Set(now.open.map(({ strategy }) => strategy.name));
  const was = Object.entries(targetsOf(before)).filter(([name]) => !waiting.has(name));
  const found = differences(Object.fromEntries(was), targetsOf(now));
  if (found.length === 0) return;
  throw failed('the same experiment was planned differently the second time', found, [
    'A plugin decided differently the second time: it keeps state outside its state slot, or reads the clock or',
    'Math.random.',
  ]);
}
