/** Plans an experiment without training it: `plan`. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, planExperiment, storedElsewhere, type TrainerContext, type TrainerInfo } from '@branchline/core';
import type { CheckedExperiment } from '../config/check.js';
import { type ExperimentListener, safeListener } from './events.js';
import { checkInput, type ExperimentInput, type ExperimentOptions, fileOf, throwIfAborted } from './input.js';
import { trainedBefore } from './past-training.js';
import { type PlanSummary, summarizePlan } from './plan-summary.js';
import { prepareExperiment } from './prepare.js';
import { assertOwner, ownerOf } from './run-owner.js';
import { hasPlans, storedWork } from './stored-work.js';
import { makeTrainers } from './trainer.js';

/** Options of `plan`. */
export interface PlanOptions extends ExperimentOptions {
  /** Whether the summary lists every field of every version with its value and owner. Default false. */
  readonly explain?: boolean;
}

/**
 * Plans what `bench` would train: paths, shared steps, cost, and whether it fits disk and budget. Trains nothing.
 * Writes nothing, except prepared text if `runs/.data` exists already. A strategy that cannot be planned is in
 * `failures`. Throws a BranchlineError as `bench` does before it trains.
 */
export async function plan(experiment: ExperimentInput, options: PlanOptions = {}): Promise<PlanSummary> {
  const checked = await checkInput(experiment, options);
  const { runs = 'runs', signal, explain = false, reuseFromOtherProcessors = false } = options;
  await assertOwner(join(runs, checked.spec.name), await ownerOf(fileOf(experiment, options), checked));
  const onEvent = safeListener(options.onEvent);
  const cache = join(runs, '.data');
  const temporary = existsSync(cache) ? undefined : await mkdtemp(join(tmpdir(), 'branchline-plan-'));
  try {
    onEvent({ type: 'phase', phase: 'text' });
    const { data, tasks, model, findTeacher } = await prepareExperiment(checked, {
      cacheDirectory: temporary ?? cache,
      signal,
      onProgress: (progress) => onEvent({ type: 'data', ...progress }),
      onCheckpoint: (done) => onEvent({ type: 'checkpoint', ...done }),
    });
    try {
      throwIfAborted(signal);
      onEvent({ type: 'phase', phase: 'plan' });
      const log = (level: 'info' | 'warn', message: string) => onEvent({ type: 'log', level, message });
      const directory = join(runs, checked.spec.name);
      // The trainer's numerics affect only keys, which matter only if something is stored already. A trainer that
      // predicts losses says how well.
      const begun = await hasPlans(directory);
      const asked = begun || checked.trainer.definition.predicts === true;
      const trainer = asked ? await trainerInfo(checked, { model, data }, onEvent) : undefined;
      const input = { spec: checked.spec, model, data, numerics: trainer?.numerics ?? '', findTeacher, log };
      const planElsewhere = async () =>
        planExperiment({ ...input, elsewhere: trainer && (await storedElsewhere(directory, trainer)) });
      const planned = await (reuseFromOtherProcessors ? planElsewhere() : planExperiment(input));
      const before = await trainedBefore(join(directory, 'ledger.jsonl'));
      const compared = { spec: checked.spec, model, ...(!reuseFromOtherProcessors && { planElsewhere }) };
      const stored =
        trainer === undefined || !begun ? undefined : await storedWork(planned, directory, { ...compared, trainer });
      return summarizePlan(planned, checked, model, { data, tasks, explain, before, stored, trainer });
    } finally {
      data.close();
    }
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** What the trainer says about itself; undefined, with a warning, if the trainer cannot be created here. */
async function trainerInfo(
  { trainer, spec, baseDirectory }: CheckedExperiment,
  parts: Pick<TrainerContext, 'model' | 'data'>,
  onEvent: ExperimentListener,
): Promise<TrainerInfo | undefined> {
  onEvent({ type: 'phase', phase: 'trainer' });
  try {
    const [made] = await makeTrainers(trainer, { ...parts, optimizer: spec.optimizer, directory: baseDirectory }, 1);
    try {
      return made.describe();
    } finally {
      await made.dispose();
    }
  } catch (error) {
    if (trainer.definition.predicts === true) throw error;
    const message = `the trainer cannot be created, so it is not known what can be reused: ${messageOf(error)}`;
    onEvent({ type: 'warning', message });
    return undefined;
  }
}
