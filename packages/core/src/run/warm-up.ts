/** Makes the first steps of a run on a discarded state, so that no strategy pays for compilation. */
import { inject, injectable } from '../di.js';
import { type Operation, stepsBySegment } from '../graph/operations.js';
import { objectiveIn, type Segment } from '../graph/run-graph.js';
import { DATA, type DataProvider } from '../plan/data.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import {
  type CheckpointReader,
  type CheckpointWriter,
  MODEL,
  type ModelDescription,
  type Tensor,
  type TensorGroup,
  TRAINERS,
  type Trainer,
  type TrainerState,
} from '../trainer/trainer.js';
import { batchesOf } from './batches.js';
import { openObjective } from './open-objective.js';

/** Steps for a trainer that does not say how many it needs: one that compiles, and one that runs what was compiled. */
const DEFAULT_STEPS = 2;

/** Warms up the trainers once per run. */
@injectable()
export class WarmUp {
  #isDone = false;

  constructor(
    @inject(TRAINERS) private readonly trainers: readonly Trainer[],
    @inject(DATA) private readonly data: DataProvider,
    @inject(MODEL) private readonly model: ModelDescription,
  ) {}

  /**
   * Before the first list of operations that trains, makes a few steps and an evaluation of one sequence, in the shapes
   * of the run. Their time is booked nowhere: it depends on what ran first, and not on any strategy. An error is
   * ignored, because the run itself meets it again and names the strategies.
   */
  async before(operations: readonly Operation[], plan: ExperimentPlan): Promise<void> {
    const segments = differentSegments(operations);
    if (this.#isDone || segments.length === 0) return;
    this.#isDone = true;
    await Promise.all(this.trainers.map((trainer) => this.#warmUp(trainer, segments, plan)));
  }

  async #warmUp(trainer: Trainer, segments: readonly Segment[], { orders, graph }: ExperimentPlan): Promise<void> {
    const wanted = trainer.warmUpSteps ?? DEFAULT_STEPS;
    if (wanted < 1) return;
    let state: TrainerState | undefined;
    try {
      state = await trainer.initialize(0);
      const weights = new InitialWeights();
      if (segments.some(objectiveIn)) await trainer.save(state, weights);
      for (const segment of segments) {
        const batch = batchesOf(segment, 0, Math.min(wanted, segment.steps), orders, graph.basis.batch);
        const objective = objectiveIn(segment);
        const opened = objective && (await openObjective(objective, this.model, async () => weights));
        for await (const _ of trainer.train(state, { ...batch, ...(opened && { objective: opened }) }));
      }
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

/** The longest segment for each program that training needs, the longest first. */
function differentSegments(operations: readonly Operation[]): readonly Segment[] {
  const found = new Map<string, Segment>();
  for (const segment of [...stepsBySegment(operations).keys()].sort((a, b) => b.steps - a.steps)) {
    const { distil } = objectiveIn(segment) ?? {};
    const of = distil?.teacher.of;
    const program = JSON.stringify(
      distil ? [distil.temperature, of !== undefined && 'checkpoint' in of ? of.checkpoint.model.spec : null] : [],
    );
    if (!found.has(program)) found.set(program, segment);
  }
  return [...found.values()];
}

/** Weights in memory, of a teacher that is not trained yet. */
class InitialWeights implements CheckpointReader, CheckpointWriter {
  readonly key = '';
  readonly groups: readonly TensorGroup[] = ['weights'];
  readonly step = 0;
  #tensors: readonly Tensor[] = [];

  async write(group: TensorGroup, tensors: readonly Tensor[]): Promise<void> {
    if (group === 'weights') this.#tensors = tensors;
  }

  async read(group: TensorGroup): Promise<readonly Tensor[]> {
    return group === 'weights' ? this.#tensors : [];
  }
}
