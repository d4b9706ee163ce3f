/** A lane: trains one segment at a time, and keeps the state it made last. */
import { inject, injectable, token } from '../di.js';
import type { MakeOperation, Operation, SaveOperation, TrainOperation } from '../graph/operations.js';
import { type GraphNode, objectiveIn, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { TRAINER, type Trainer, type TrainerState } from '../trainer/trainer.js';
import { EVALUATORS, type Evaluator } from './evaluator.js';
import { RunEmitter } from './events.js';
import type { Unit } from './schedule.js';
import { StateMaker } from './state-maker.js';
import { StateWriter, type TrainingChunk } from './state-writer.js';
import { StopGuard } from './stop-guard.js';

/** The state in memory, with the training that is not stored yet. */
interface HeldState {
  readonly key: Digest;
  readonly state: TrainerState;
  readonly chunk?: TrainingChunk;
}

/** A unit as a lane left it. */
export interface CarriedOut {
  /** False when training was stopped before the last step; the state reached is stored. */
  readonly whole: boolean;
  /** False when a stored state has another size than expected, and there is a disk limit. */
  readonly asExpected: boolean;
}

/** What a lane needs to know of the others. */
export interface Surroundings {
  /** Segments that were started and have not ended. The lane adds and removes its own. */
  readonly begun: Set<Segment>;
  /** Steps that no lane has begun. */
  readonly stepsLeft: () => number;
  /** Called with each operation before it begins. */
  readonly at: (operation: Operation) => void;
}

/** Carries out operations with a trainer of its own. */
@injectable()
export class Lane {
  #held: HeldState | undefined;

  constructor(
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(StateMaker) private readonly maker: StateMaker,
    @inject(StateWriter) private readonly writer: StateWriter,
    @inject(StopGuard) private readonly guard: StopGuard,
    @inject(EVALUATORS) private readonly evaluators: readonly Evaluator[],
    @inject(RunEmitter) private readonly events: RunEmitter,
  ) {}

  /** Key of the state in memory. */
  get held(): Digest | undefined {
    return this.#held?.key;
  }

  /**
   * Carries out a unit. Throws what its operations throw; except after an evaluation, the state in memory must then be
   * discarded.
   */
  async carryOut({ operations }: Unit, around: Surroundings): Promise<CarriedOut> {
    let asExpected = true;
    for (const [index, operation] of operations.entries()) {
      around.at(operation);
      if (operation.kind === 'train') {
        if (await this.#train(operation, around)) continue;
        // The compiler puts a save after every train operation.
        const { key } = this.#held!;
        const save = { ...(operations[index + 1] as SaveOperation), key, reads: [key], rolling: true };
        return { whole: false, asExpected: await this.#save(save, around) };
      }
      if (operation.kind === 'save') asExpected = await this.#save(operation, around);
      else await this.#run(operation);
    }
    return { whole: true, asExpected };
  }

  /** Frees the state in memory. */
  discard(): void {
    this.#held?.state.dispose();
    this.#held = undefined;
  }

  async #run(operation: Exclude<Operation, TrainOperation | SaveOperation>): Promise<void> {
    switch (operation.kind) {
      case 'make':
        return this.#make(operation);
      case 'evaluate':
        return this.#evaluate(operation.node);
      case 'release':
        for (const evaluator of this.evaluators) evaluator.release?.(operation.node, operation.reused);
        return;
      case 'delete':
        return this.writer.delete(operation.key);
    }
  }

  async #make(operation: MakeOperation): Promise<void> {
    this.guard.assertNotAborted();
    this.discard();
    this.#held = { key: operation.key, state: await this.maker.make(operation) };
  }

  /** Returns true when all steps were trained, false when the run was stopped earlier. */
  async #train(operation: TrainOperation, { begun, stepsLeft }: Surroundings): Promise<boolean> {
    this.guard.assertNotAborted();
    const { segment, from, to, reads } = operation;
    const state = await this.#stateOf(reads[0]!, segment.strategies);
    if (!begun.has(segment)) this.events.emit('segmentStart', { segment, resumedAt: from });
    begun.add(segment);
    this.guard.assertBudgetLeft(() => stepsLeft() + to - from, objectiveIn(segment));
    const trained = await this.maker.train(operation, state);
    this.#held = { key: trained.key, state, chunk: { operation, trained } };
    return trained.metrics.length === to - from;
  }

  /** The state in memory if it has this key, otherwise the stored one. */
  async #stateOf(key: Digest, strategies: ReadonlySet<string>): Promise<TrainerState> {
    if (this.#held?.key === key) return this.#held.state;
    this.discard();
    const state = await this.maker.restore(key, strategies);
    this.#held = { key, state };
    return state;
  }

  /** Stores the state in memory. Returns whether it has the expected size, as far as that matters. */
  async #save(operation: SaveOperation, { begun }: Surroundings): Promise<boolean> {
    const { key, state, chunk } = this.#held!;
    const expected = await this.writer.save(operation, state, chunk).finally(() => chunk?.trained.meter.close());
    this.#held = { key, state };
    if (chunk !== undefined && !operation.rolling) {
      begun.delete(chunk.operation.segment);
      this.events.emit('segmentEnd', { segment: chunk.operation.segment, reused: false });
    }
    return expected;
  }

  async #evaluate(node: GraphNode): Promise<void> {
    const state = this.#held?.key === node.key ? this.#held.state : undefined;
    if (state === undefined) this.guard.assertNotAborted();
    const { trainer } = this;
    for (const evaluator of this.evaluators) await evaluator.evaluate(node, { trainer, ...(state && { state }) });
  }
}

/** All lanes of a run; at least one. */
export const LANES = token<readonly Lane[]>('lanes');
