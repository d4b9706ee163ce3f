/** One start of a run, which ends by itself or where it is cut. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, type ExperimentPlan, messageOf, type RestoreParts } from '@branchline/core';
import { createExperiment, type Results } from '@branchline/evaluation';
import { type SmallExperiment, smallExperiment } from './fixtures.js';
import { differences, failed, outcomeOf, type RunOutcome, targetsOf } from './outcome.js';
import { WatchedTrainer } from './watch.js';

/**
 * Where one start of a run ends. `stop`: it is asked to stop, as by Ctrl-C, in the step that is number `after` of this
 * start, and may store that step. The others lose what is not stored by then: `crash` right after that step;
 * `crash-in-save` in the middle of the next checkpoint; `crash-in-evaluation` when the next release is evaluated. A
 * killed process writes even less than these do.
 */
export interface Cut {
  readonly by: 'stop' | 'crash' | 'crash-in-save' | 'crash-in-evaluation';
  /** Steps of this start, 1 or more. A start that has fewer steps left is not cut. */
  readonly after: number;
}

/** One start of a run. */
export interface Start {
  /** How it was cut; undefined for one that finished. */
  readonly cut: Cut | undefined;
  /** Steps it made, those that a crash lost included. */
  readonly made: number;
  /** What each `restore` was asked for. */
  readonly restores: readonly RestoreParts[];
  /** Keys of the checkpoints that were stored when it ended. */
  readonly stored: readonly string[];
}

/** A run that came to its end. */
export interface Finished {
  /** As it was in the end: nothing in it waits for losses. */
  readonly plan: ExperimentPlan;
  readonly results: Results;
  readonly outcome: RunOutcome;
}

/** A run that is not cut, from its beginning. */
export async function runStraight(experiment: SmallExperiment, directory: string): Promise<Finished> {
  const { finished } = await startRun(experiment, directory);
  return finished!;
}

/**
 * Starts a run that `before` planned, or the first one. Throws when it fails, when it ends otherwise than by `cut` or
 * by itself, when its plan is not that of `before`, and when it forgets to dispose a state.
 */
export async function startRun(
  experiment: SmallExperiment,
  directory: string,
  cut?: Cut,
  before?: ExperimentPlan,
): Promise<{ readonly start: Start; readonly finished: Finished | undefined }> {
  const controller = new AbortController();
  // What the kernel takes for trouble with the run's files stops it at once, and it stores no further state.
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
  const running = createExperiment({ ...parts, trainer });
  const plan = await running.plan();
  if (before !== undefined) comparePlans(before, plan);
  let finished: Finished | undefined;
  try {
    const { results, failures } = await running.run(plan, { command: 'checkResume', signal: controller.signal });
    if (failures[0]) throw failures[0].error;
    const whole = plan.open.length > 0 ? await running.plan() : plan;
    finished = { plan: whole, results, outcome: await outcomeOf(whole, results, directory) };
  } catch (error) {
    const stopped = error instanceof BranchlineError && error.code === 'interrupted';
    if (cut?.by === 'stop' ? !stopped : error !== death) {
      if (before === undefined) throw error;
      throw new Error(`a run that was cut fails where one that was not does not: ${messageOf(error)}`, {
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

/** A reactive strategy of `now` may still wait for losses; then there is nothing to compare yet. */
function comparePlans(before: ExperimentPlan, now: ExperimentPlan): void {
  const waiting = new Set(now.open.map(({ strategy }) => strategy.name));
  const was = Object.entries(targetsOf(before)).filter(([name]) => !waiting.has(name));
  const found = differences(Object.fromEntries(was), targetsOf(now));
  if (found.length === 0) return;
  throw failed('the same experiment was planned in two ways', found, [
    'A plugin answered one question differently the second time: it remembers something outside its state slot, or asks',
    'the clock or Math.random.',
  ]);
}
