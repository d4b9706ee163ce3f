/**
 * Carries out the operations that complete a plan. When an operation does not go as compiled (a damaged checkpoint, a
 * failed step, an unexpected size, a stop inside a segment), the remaining list is compiled again from what is stored
 * then.
 */
import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import { type Operation, type SaveOperation, stepsOf, type TrainOperation } from '../graph/operations.js';
import type { GraphNode, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { faultOf } from '../plan/join-failures.js';
import type { TrainerState } from '../trainer/trainer.js';
import { EVALUATORS, type Evaluator } from './evaluator.js';
import { RunEmitter } from './events.js';
import { RemainingWork } from './remaining-work.js';
import { RunFailures } from './run-failures.js';
import { StateMaker } from './state-maker.js';
import { StateWriter, type TrainingChunk } from './state-writer.js';
import { StopGuard } from './stop-guard.js';
import { WarmUp } from './warm-up.js';

/** The state in memory, with the training that is not stored yet. */
interface HeldState {
  readonly key: Digest;
  readonly state: TrainerState;
  readonly chunk?: TrainingChunk;
}

@injectable()
export class Executor {
  /** Roots and ends of segments that could not be made. */
  readonly #failed = new Set<Digest>();
  /** Releases that were evaluated or could not be. */
  readonly #evaluated = new Set<Digest>();
  /** Faults that were announced; one fault can fail many states. */
  readonly #announced = new Set<string>();
  #held: HeldState | undefined;
  /** The segment that was started last. */
  #begun: Segment | undefined;

  constructor(
    @inject(RemainingWork) private readonly work: RemainingWork,
    @inject(StateMaker) private readonly maker: StateMaker,
    @inject(StateWriter) private readonly writer: StateWriter,
    @inject(StopGuard) private readonly guard: StopGuard,
    @inject(EVALUATORS) private readonly evaluators: readonly Evaluator[],
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(WarmUp) private readonly warmUp: WarmUp,
    @inject(RunFailures) private readonly failures: RunFailures,
  ) {}

  /** Makes everything that is missing. Adds failures of parts of the graph; throws errors that stop the whole run. */
  async run(): Promise<void> {
    try {
      await this.#completeLedger();
      await this.writer.keepPlanned();
      await this.#runAll();
      // This run may have stored states that other plans miss; then those plans need fewer checkpoints.
      this.work.refresh();
      await this.#runAll();
      this.guard.assertNotAborted();
    } finally {
      this.#dispose();
    }
  }

  async #completeLedger(): Promise<void> {
    const missing = await this.writer.completeLedger();
    // A process killed between a checkpoint and its ledger line leaves exactly one missing entry.
    if (missing > 1) {
      const message = `${missing} entries were missing from the ledger and were booked from the stored records`;
      this.events.emit('warning', message);
    }
  }

  /**
   * Compiles and runs lists until nothing is left. Terminates because each list stores or deletes something, sets a
   * damaged checkpoint aside, or records a failure.
   */
  async #runAll(): Promise<void> {
    for (;;) {
      const operations = this.work.compile({ failed: this.#failed, evaluated: this.#evaluated });
      if (operations.length === 0) return;
      await this.warmUp.before(operations, this.plan);
      await this.#runList(operations);
    }
  }

  /** Runs a list to its end, or until it no longer applies. */
  async #runList(operations: readonly Operation[]): Promise<void> {
    let applies = true;
    for (const [index, operation] of operations.entries()) {
      if (!applies && !completes(operation)) return;
      try {
        if (operation.kind === 'train') {
          const whole = await this.#train(operation, () => stepsOf(operations.slice(index)));
          if (whole) continue;
          // The compiler puts a save after every train operation.
          const { key } = this.#held!;
          await this.#save({ ...(operations[index + 1] as SaveOperation), key, reads: [key], rolling: true });
          return;
        }
        if (operation.kind === 'save') applies = await this.#save(operation);
        else await this.#run(operation);
      } catch (error) {
        this.#record(operation, error);
        return;
      }
    }
  }

  async #run(operation: Exclude<Operation, TrainOperation | SaveOperation>): Promise<void> {
    switch (operation.kind) {
      case 'make':
        this.guard.assertNotAborted();
        this.#dispose();
        this.#held = { key: operation.key, state: await this.maker.make(operation) };
        return;
      case 'evaluate':
        return this.#evaluate(operation.node);
      case 'release':
        for (const evaluator of this.evaluators) evaluator.release?.(operation.node, operation.reused);
        return;
      case 'delete':
        return this.writer.delete(operation.key);
    }
  }

  /** Returns true when all steps were trained, false when the run was stopped earlier. */
  async #train(operation: TrainOperation, stepsLeft: () => number): Promise<boolean> {
    this.guard.assertNotAborted();
    const { segment, from, to, reads } = operation;
    const state = await this.#stateOf(reads[0]!, segment.strategies);
    if (this.#begun !== segment) this.events.emit('segmentStart', { segment, resumedAt: from });
    this.#begun = segment;
    this.guard.assertBudgetLeft(stepsLeft);
    const trained = await this.maker.train(operation, state);
    this.#held = { key: trained.key, state, chunk: { operation, trained } };
    return trained.metrics.length === to - from;
  }

  /** The state in memory if it has this key, otherwise the stored one. */
  async #stateOf(key: Digest, strategies: ReadonlySet<string>): Promise<TrainerState> {
    if (this.#held?.key === key) return this.#held.state;
    this.#dispose();
    const state = await this.maker.restore(key, strategies);
    this.#held = { key, state };
    return state;
  }

  /**
   * Stores the state in memory. Returns false when its size differs from the expected one; the list then no longer
   * applies.
   */
  async #save(operation: SaveOperation): Promise<boolean> {
    const { key, state, chunk } = this.#held!;
    const expected = await this.writer.save(operation, state, chunk);
    this.#held = { key, state };
    if (chunk !== undefined && !operation.rolling) {
      this.events.emit('segmentEnd', { segment: chunk.operation.segment, reused: false });
    }
    return expected;
  }

  async #evaluate(node: GraphNode): Promise<void> {
    const state = this.#held?.key === node.key ? this.#held.state : undefined;
    if (state === undefined) this.guard.assertNotAborted();
    for (const evaluator of this.evaluators) await evaluator.evaluate(node, state);
    this.#evaluated.add(node.key);
  }

  /**
   * Records an error. A damaged checkpoint was set aside and counts as missing from now on. A trainer error is a
   * failure of the strategies that need the state, which is not tried again. All other errors are rethrown.
   */
  #record(operation: Operation, error: unknown): void {
    if (!(error instanceof BranchlineError)) throw error;
    if (error.code !== 'damaged' && error.code !== 'trainer') throw error;
    if (operation.kind === 'delete' || operation.kind === 'release') throw error;
    const isEvaluation = operation.kind === 'evaluate';
    if (!isEvaluation) this.#dispose();
    const isSetAside = operation.kind !== 'save' && operation.reads.some((key) => !this.writer.isStored(key));
    if (error.code === 'damaged' && isSetAside) {
      this.events.emit('warning', error.message);
      return;
    }
    if (isEvaluation) this.#evaluated.add(operation.key);
    else this.#failed.add(operation.kind === 'train' ? operation.segment.to.key : operation.node.key);
    const { strategies } = operation.kind === 'train' ? operation.segment : operation.node;
    const { seed } = operation.kind === 'train' ? operation.segment.to : operation.node;
    this.failures.add({ strategies: [...strategies], seeds: [seed], error });
    this.#announce(error);
  }

  /** Warns of a fault, once. When no strategy is left, the error of the run says it. */
  #announce(error: BranchlineError): void {
    const fault = faultOf(error);
    if (this.#announced.has(fault)) return;
    this.#announced.add(fault);
    const lost = new Set(
      this.failures.all.flatMap(({ strategies, seeds = [] }) =>
        seeds.flatMap((seed) => strategies.map((name) => `${seed}/${name}`)),
      ),
    );
    const members = [...this.plan.strategies, ...this.plan.open].map(({ strategy }) => strategy);
    if (members.every(({ name, seed }) => lost.has(`${seed}/${name}`))) return;
    this.events.emit('warning', `${error.message}\n    Other strategies continue.`);
  }

  #dispose(): void {
    this.#held?.state.dispose();
    this.#held = undefined;
  }
}

/** True for operations that apply even after a state was larger than expected: they need no disk space. */
function completes(operation: Operation): boolean {
  if (operation.kind === 'delete') return operation.why !== 'evicted';
  return operation.kind === 'evaluate' || operation.kind === 'release';
}
