/** Plans an experiment without training it: `plan`. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, planExperiment, type TrainerContext } from '@branchline/core';
import type { CheckedExperiment } from '../config/check.js';
import { type ExperimentListener, safeListener } from './events.js';
import { checkInput, type ExperimentInput, type ExperimentOptions, fileOf, throwIfAborted } from './input.js';
import { trainedBefore } from './past-training.js';
import { type PlanSummary, summarizePlan } from './plan-summary.js';
import { prepareExperiment } from './prepare.js';
import { assertOwner, ownerOf } from './run-owner.js';
import { hasPlans, storedWork } from './stored-work.js';
import { makeTrainer } from './trainer.js';

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
  const { runs = 'runs', signal, explain = false } = options;
  await assertOwner(join(runs, checked.spec.name), await ownerOf(fileOf(experiment, options), checked));
  const onEvent = safeListener(options.onEvent);
  const cache = join(runs, '.data');
  const temporary = existsSync(cache) ? undefined : await mkdtemp(join(tmpdir(), 'branchline-plan-'));
  try {
    onEvent({ type: 'phase', phase: 'text' });
    const { data, tasks, model } = await prepareExperiment(checked, {
      cacheDirectory: temporary ?? cache,
      signal,
      onProgress: (progress) => onEvent({ type: 'data', ...progress }),
    });
    try {
      throwIfAborted(signal);
      onEvent({ type: 'phase', phase: 'plan' });
      const log = (level: 'info' | 'warn', message: string) => onEvent({ type: 'log', level, message });
      const directory = join(runs, checked.spec.name);
      // The trainer's numerics affect only keys, which matter only if something is stored already.
      const numerics = (await hasPlans(directory)) ? await numericsOf(checked, { model, data }, onEvent) : undefined;
      const planned = await planExperiment({ spec: checked.spec, model, data, numerics: numerics ?? '', log });
      const before = await trainedBefore(join(directory, 'ledger.jsonl'));
      const stored =
        numerics === undefined ? undefined : await storedWork(planned, directory, { spec: checked.spec, model });
      return summarizePlan(planned, checked, model, { data, tasks, explain, before, stored });
    } finally {
      data.close();
    }
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** Numerics fingerprint of the trainer; undefined, with a warning, if the trainer cannot be created here. */
async function numericsOf(
  { trainer, spec }: CheckedExperiment,
  parts: Pick<TrainerContext, 'model' | 'data'>,
  onEvent: ExperimentListener,
): Promise<string | undefined> {
  onEvent({ type: 'phase', phase: 'trainer' });
  try {
    const made = await makeTrainer(trainer, { ...parts, optimizer: spec.optimizer });
    try {
      return made.describe().numerics;
    } finally {
      await made.dispose();
    }
  } catch (error) {
    const message = `the trainer cannot be created, so it is not known what can be reused: ${messageOf(error)}`;
    onEvent({ type: 'warning', message });
    return undefined;
  }
}
