import { inject, injectable } from '../di.js';
import type { Operation } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN, releasesOf, targetsOf } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { compileOperations } from './compile-operations.js';
import { KEPT_FOR_OTHERS, type KeptForOthers } from './retention.js';

/** What a run did, as far as the store does not show it. */
export interface RunProgress {
  /** Ends of segments, and roots, that could not be made. */
  readonly failed: ReadonlySet<Digest>;
  /** Releases that were evaluated, or could not be. */
  readonly evaluated: ReadonlySet<Digest>;
}

const NO_PROGRESS: RunProgress = { failed: new Set(), evaluated: new Set() };

/** What is left of a run: its plan compiled for what is stored now. */
@injectable()
export class RemainingWork {
  #kept: KeptForOthers;

  constructor(
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(KEPT_FOR_OTHERS) private readonly keptForOthers: () => KeptForOthers,
  ) {
    this.#kept = keptForOthers();
  }

  compile({ failed, evaluated }: RunProgress = NO_PROGRESS): readonly Operation[] {
    const { plan, run, spec, model } = this;
    const nextCheckpoint = ({ steps }: Segment, done: number) => Math.min(steps, done + spec.checkpointEvery);
    return compileOperations({
      graph: plan.graph,
      targets: targetsOf(plan),
      releases: releasesOf(plan),
      stored: run.store.list(),
      kept: this.#kept,
      nextCheckpoint,
      parameters: model.parameters,
      diskLimit: spec.diskLimit,
      failed,
      evaluated,
    });
  }

  /** Looks up again what other plans need: less, where this run stored what they miss. */
  refresh(): void {
    this.#kept = this.keptForOthers();
  }
}
