/** What of a plan the run directory has already, and why the rest must be trained. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_PRICES } from '@branchline/accounting';
import {
  CheckpointIndex,
  CheckpointStore,
  type ExperimentPlan,
  findMissingWork,
  type MissingRelease,
  type ModelDescription,
  otherProcessorsIn,
  readPlanRecords,
  releasesOf,
  type TrainerInfo,
  targetsOf,
  type VersionChanges,
  versionChanges,
  whyMissing,
} from '@branchline/core';
import type { CheckedExperiment } from '../config/check.js';
import { type TimeSummary, timeOf, trainedBefore } from './past-training.js';

/** Missing work that `reuseFromOtherProcessors` saves. */
export interface StoredElsewhereWork {
  readonly processors: readonly string[];
  /** Releases that then need not be trained, and steps. */
  readonly releases: number;
  readonly steps: number;
}

/** The stored and the missing work of a plan. Steps that several strategies share count once. */
export interface StoredWork {
  /** How the versions differ from those of the latest other plan in the directory; null if no plan has recorded any. */
  readonly versions: VersionChanges | null;
  readonly releases: { readonly stored: number; readonly missing: number };
  readonly steps: { readonly stored: number; readonly missing: number };
  /** Training tokens of the missing steps. */
  readonly missingTokens: number;
  /** Time for them; null if nothing was trained here yet, or if the ledger is damaged. */
  readonly missingTime: TimeSummary | null;
  /** What of the missing work an equal trainer made here on another processor; null if there is nothing. */
  readonly elsewhere: StoredElsewhereWork | null;
  /** Why each missing release cannot be reused: the first difference from the latest plan that has it. */
  readonly why: readonly MissingRelease[];
}

/** True if something was planned in a run directory before. */
export async function hasPlans(directory: string): Promise<boolean> {
  const found = await stat(join(directory, 'plans')).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** What a plan is compared by. */
interface Compared extends Pick<CheckedExperiment, 'spec'> {
  readonly model: ModelDescription;
  readonly trainer: TrainerInfo;
  /** Plans with states of other processors. Absent: the plan has them already. */
  readonly planElsewhere?: () => Promise<ExperimentPlan>;
}

/** Compares a plan with its run directory; undefined if nothing was planned there before. Reads only. */
export async function storedWork(
  plan: ExperimentPlan,
  directory: string,
  { spec, model, trainer, planElsewhere }: Compared,
): Promise<StoredWork | undefined> {
  if (!(await hasPlans(directory))) return undefined;
  const { records } = await readPlanRecords(directory);
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  const index = new CheckpointIndex(store.list());
  const { batch } = plan.graph.basis;
  const missing = missingSteps(plan, index);
  const steps = plan.graph.segments().reduce((sum, segment) => sum + segment.steps, 0);
  const releases = releasesOf(plan);
  const lacking = lackingReleases(plan, index);
  const processors = otherProcessorsIn(
    trainer,
    store.list().map(({ provenance }) => provenance),
  );
  // The record of an unfinished run of this very plan says nothing about what arrived.
  const others = lacking > 0 ? records.filter((record) => record.plan !== plan.digest) : records;
  const missingTokens = missing * batch * model.context;
  const before = await trainedBefore(join(directory, 'ledger.jsonl'));
  const currency = spec.prices?.currency ?? DEFAULT_PRICES.currency;
  return {
    versions: versionChanges(plan.contentOfVersions(), others) ?? null,
    releases: { stored: releases.size - lacking, missing: lacking },
    steps: { stored: steps - missing, missing },
    missingTokens,
    missingTime: timeOf(missingTokens, before, currency),
    elsewhere:
      missing + lacking === 0 || processors.length === 0 || planElsewhere === undefined
        ? null
        : elsewhereWork(plan, await planElsewhere(), index, processors),
    why: whyMissing(plan, records, index),
  };
}

function elsewhereWork(
  plan: ExperimentPlan,
  taken: ExperimentPlan,
  index: CheckpointIndex,
  processors: readonly string[],
): StoredElsewhereWork | null {
  const steps = missingSteps(plan, index) - missingSteps(taken, index);
  const releases = lackingReleases(plan, index) - lackingReleases(taken, index);
  return steps > 0 || releases > 0 ? { processors, releases, steps } : null;
}

function missingSteps(plan: ExperimentPlan, index: CheckpointIndex): number {
  const { train } = findMissingWork(targetsOf(plan), index, plan.graph.basis.batch);
  return [...train].reduce((sum, [{ steps }, resume]) => sum + steps - (resume?.steps ?? 0), 0);
}

const lackingReleases = (plan: ExperimentPlan, index: CheckpointIndex): number =>
  [...releasesOf(plan)].filter(({ key }) => !index.has(key)).length;
