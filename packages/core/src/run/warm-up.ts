/** Makes the first steps of a run on a discarded state, so that no strategy pays for compilation. */
import { inject, injectable } from '../di.js';
import { longestSegment, type Operation } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import { DATA, type DataProvider } from '../plan/data.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { TRAINER, type Trainer, type TrainerState } from '../trainer/trainer.js';
import { batchesOf } from './batches.js';

/** Steps for a trainer that does not say how many it needs: one that compiles, and one that runs what was compiled. */
const DEFAULT_STEPS = 2;

/** Warms up a trainer once per run. */
@injectable()
export class WarmUp {
  #isDone = false;

  constructor(
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(DATA) private readonly data: DataProvider,
  ) {}

  /**
   * Before the first list of operations that trains, makes a few steps and an evaluation of one sequence, in the shapes
   * of the run. Their time is booked nowhere: it depends on what ran first, and not on any strategy. An error is
   * ignored, because the run itself meets it again and names the strategies.
   */
  async before(operations: readonly Operation[], plan: ExperimentPlan): Promise<void> {
    const { trainer } = this;
    const segment = longestSegment(operations);
    const steps = Math.min(trainer.warmUpSteps ?? DEFAULT_STEPS, segment?.steps ?? 0);
    if (this.#isDone || segment === undefined || steps < 1) return;
    this.#isDone = true;
    let state: TrainerState | undefined;
    try {
      state = await trainer.initialize(0);
      await this.#train(state, segment, steps, plan);
      await this.#evaluate(state);
    } catch {
      // Ignored, see above.
    } finally {
      state?.dispose();
    }
  }

  async #train(state: TrainerState, segment: Segment, steps: number, { orders, graph }: ExperimentPlan): Promise<void> {
    const batch = batchesOf(segment, 0, steps, orders, graph.basis.batch);
    for await (const _ of this.trainer.train(state, batch));
  }

  async #evaluate(state: TrainerState): Promise<void> {
    const [set] = this.data.evaluationSets();
    const part = set?.parts.find(({ sequences }) => sequences.length > 0);
    if (set === undefined || part === undefined) return;
    const parts = [{ ...part, sequences: part.sequences.slice(0, 1) }];
    await this.trainer.evaluate(state, { digest: set.digest, parts });
  }
}
