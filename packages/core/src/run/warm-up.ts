/** Makes the first steps of a run on a discarded state, so that no strategy pays for compilation. */
import { inject, injectable } from '../di.js';
import { longestSegment, type Operation } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import { DATA, type DataProvider } from '../plan/data.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { TRAINERS, type Trainer, type TrainerState } from '../trainer/trainer.js';
import { batchesOf } from './batches.js';

/** Steps for a trainer that does not say how many it needs: one that compiles, and one that runs what was compiled. */
const DEFAULT_STEPS = 2;

/** Warms up the trainers once per run. */
@injectable()
export class WarmUp {
  #isDone = false;

  constructor(
    @inject(TRAINERS) private readonly trainers: readonly Trainer[],
    @inject(DATA) private readonly data: DataProvider,
  ) {}

  /**
   * Before the first list of operations that trains, makes a few steps and an evaluation of one sequence, in the shapes
   * of the run. Their time is booked nowhere: it depends on what ran first, and not on any strategy. An error is
   * ignored, because the run itself meets it again and names the strategies.
   */
  async before(operations: readonly Operation[], plan: ExperimentPlan): Promise<void> {
    const segment = longestSegment(operations);
    if (this.#isDone || segment === undefined) return;
    this.#isDone = true;
    await Promise.all(this.trainers.map((trainer) => this.#warmUp(trainer, segment, plan)));
  }

  async #warmUp(trainer: Trainer, segment: Segment, { orders, graph }: ExperimentPlan): Promise<void> {
    const steps = Math.min(trainer.warmUpSteps ?? DEFAULT_STEPS, segment.steps);
    if (steps < 1) return;
    let state: TrainerState | undefined;
    try {
      state = await trainer.initialize(0);
      const batch = batchesOf(segment, 0, steps, orders, graph.basis.batch);
      for await (const _ of trainer.train(state, batch));
      await this.#evaluate(trainer, state);
    } catch {
      // The run meets the error again.
    } finally {
      state?.dispose();
    }
  }

  async #evaluate(trainer: Trainer, state: TrainerState): Promise<void> {
    const [set] = this.data.evaluationSets();
    const part = set?.parts.find(({ sequences }) => sequences.length > 0);
    if (set === undefined || part === undefined) return;
    const parts = [{ ...part, sequences: part.sequences.slice(0, 1) }];
    await trainer.evaluate(state, { digest: set.digest, parts });
  }
}
