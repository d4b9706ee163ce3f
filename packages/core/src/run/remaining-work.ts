import { inject, injectable } from '../di.js';
import type { Operation } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN, releasesOf, targetsOf } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { compileOperations } from './compile-operations.js';
import { GOAL, type Goal } from './goal.js';
import { KEPT_FOR_OTHERS, type KeptForOthers } from './retention.js';

/** Progress of a run that the store does not show. */
export interface RunProgress {
  /** Roots and ends of segments that could not be made. */
  readonly failed: ReadonlySet<Digest>;
  /** Releases that were evaluated or could not be. */
  readonly evaluated: ReadonlySet<Digest>;
}

const NO_PROGRESS: RunProgress = { failed: new Set(), evaluated: new Set() };

/** Compiles the remaining operations of a plan for the current content of the store. */
@injectable()
export class RemainingWork {
  #kept: KeptForOthers;

  constructor(
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(KEPT_FOR_OTHERS) private readonly keptForOthers: () => KeptForOthers,
    @inject(GOAL) private readonly goal: Goal,
  ) {
    this.#kept = keptForOthers();
  }

  compile({ failed, evaluated }: RunProgress = NO_PROGRESS): readonly Operation[] {
    const { plan, run, spec, model } = this;
    const { node } = this.goal;
    const nextCheckpoint = ({ steps }: Segment, done: number) => Math.min(steps, done + spec.checkpointEvery);
    const operations = compileOperations({
      graph: plan.graph,
      targets: node === undefined ? targetsOf(plan) : [node],
      releases: releasesOf(plan),
      stored: run.store.list(),
      kept: this.#kept,
      nextCheckpoint,
      parameters: model.parameters,
      diskLimit: spec.diskLimit,
      failed,
      evaluated,
    });
    // A job reads states that it does not own.
    return node === undefined
      ? operations
      : operations.filter(({ kind, key }) => kind !== 'delete' || run.store.owns(key));
  }

  /** Updates what other plans need; it decreases when this run stores states that they miss. */
  refresh(): void {
    this.#kept = this.keptForOthers();
  }
}
