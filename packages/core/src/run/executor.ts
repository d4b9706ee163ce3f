/**
 * Carries out the operations that complete a plan, on one or more lanes. When an operation does not go as compiled (a
 * damaged checkpoint, a failed step, an unexpected size, a stop inside a segment), the remaining list is compiled again
 * from what is stored then.
 */
import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import type { Operation } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { faultOf } from '../plan/join-failures.js';
import { RunEmitter } from './events.js';
import { LANES, type Lane, type Surroundings } from './lane.js';
import { RemainingWork } from './remaining-work.js';
import { RunFailures } from './run-failures.js';
import { Schedule, type Unit } from './schedule.js';
import { StateWriter } from './state-writer.js';
import { StopGuard } from './stop-guard.js';
import { WarmUp } from './warm-up.js';

@injectable()
export class Executor {
  /** Roots and ends of segments that could not be made. */
  readonly #failed = new Set<Digest>();
  /** Releases that were evaluated or could not be. */
  readonly #evaluated = new Set<Digest>();
  /** Faults that were announced; one fault can fail many states. */
  readonly #announced = new Set<string>();
  /** Segments that were started and have not ended. */
  readonly #begun = new Set<Segment>();

  constructor(
    @inject(LANES) private readonly lanes: readonly Lane[],
    @inject(RemainingWork) private readonly work: RemainingWork,
    @inject(StateWriter) private readonly writer: StateWriter,
    @inject(StopGuard) private readonly guard: StopGuard,
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(SPEC) private readonly spec: ExperimentSpec,
    @inject(WarmUp) private readonly warmUp: WarmUp,
    @inject(RunFailures) private readonly failures: RunFailures,
  ) {}

  async run(held: ReadonlySet<Digest> = new Set()): Promise<void> {
    try {
      await this.#completeLedger();
      await this.writer.keepPlanned();
      await this.#runAll(held);
      // This run may have stored states that other plans miss; then those plans need fewer checkpoints.
      this.work.refresh();
      await this.#runAll(held);
      this.guard.assertNotAborted();
    } finally {
      for (const lane of this.lanes) lane.discard();
    }
  }

  async #completeLedger(): Promise<void> {
    const missing = await this.writer.completeLedger();
    // A process killed between a checkpoint and its ledger line leaves one missing entry on every lane.
    if (missing > this.lanes.length) {
      const message = `${missing} entries were missing from the ledger and were booked from the stored records`;
      this.events.emit('warning', message);
    }
  }

  /**
   * Compiles and runs lists until nothing is left. Terminates because each list stores or deletes something, sets a
   * damaged checkpoint aside, or records a failure.
   */
  async #runAll(held: ReadonlySet<Digest>): Promise<void> {
    for (;;) {
      const failed = new Set([...this.#failed, ...held]);
      const operations = this.work.compile({ failed, evaluated: this.#evaluated });
      if (operations.length === 0) return;
      await this.warmUp.before(operations, this.plan);
      await this.#runList(operations);
    }
  }

  /** Runs a list to its end, or until it no longer applies. Throws the first error that stops the whole run. */
  async #runList(operations: readonly Operation[]): Promise<void> {
    const { lanes } = this;
    const schedule = new Schedule(operations, { lanes: lanes.length, limited: this.spec.diskLimit !== undefined });
    const fatal: unknown[] = [];
    /** Lanes that found nothing to do wait until another one is done with a unit. */
    const idle: (() => void)[] = [];
    const work = async (lane: Lane) => {
      for (;;) {
        const unit = fatal.length > 0 ? undefined : schedule.take(lane.held);
        if (unit === undefined) {
          if (schedule.isIdle) return;
          await new Promise<void>((resolve) => idle.push(resolve));
          continue;
        }
        await this.#carryOut(unit, lane, schedule).catch((error: unknown) => {
          fatal.push(error);
          this.guard.halt();
        });
        for (const wake of idle.splice(0)) wake();
      }
    };
    await Promise.all(lanes.map(work));
    if (fatal.length > 0) throw fatal[0];
  }

  /** Carries out a unit on a lane and records the failure of a single strategy. Throws errors that stop the run. */
  async #carryOut(unit: Unit, lane: Lane, schedule: Schedule): Promise<void> {
    let current: Operation = unit.operations[0];
    const around: Surroundings = {
      begun: this.#begun,
      stepsLeft: () => schedule.stepsLeft,
      at: (operation) => {
        current = operation;
      },
    };
    try {
      const { whole, asExpected } = await lane.carryOut(unit, around);
      if (whole) schedule.finish(unit);
      if (!whole || !asExpected) schedule.close();
      if (whole && current.kind === 'release') this.#evaluated.add(current.key);
    } catch (error) {
      schedule.close();
      if (current.kind !== 'evaluate') lane.discard();
      this.#record(current, error);
    } finally {
      schedule.leave(unit);
    }
  }

  /**
   * Records an error. A damaged checkpoint was set aside and counts as missing from now on. A trainer error is a
   * failure of the strategies that need the state, which is not tried again. All other errors are rethrown.
   */
  #record(operation: Operation, error: unknown): void {
    if (!(error instanceof BranchlineError)) throw error;
    if (error.code !== 'damaged' && error.code !== 'trainer') throw error;
    if (operation.kind === 'delete' || operation.kind === 'release') throw error;
    const isSetAside = operation.kind !== 'save' && operation.reads.some((key) => !this.writer.isStored(key));
    if (error.code === 'damaged' && isSetAside) {
      // Two lanes can find the same checkpoint damaged.
      if (!this.#announced.has(error.message)) this.events.emit('warning', error.message);
      this.#announced.add(error.message);
      return;
    }
    if (operation.kind === 'evaluate') this.#evaluated.add(operation.key);
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
}
