import { BillWriter } from '../bill/bill-writer.js';
import type { ExperimentCosts } from '../bill/costs.js';
import { inject, injectable } from '../di.js';
import { type Failure, messageOf } from '../errors.js';
import { stepsBySegment, stepsOf } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN, targetsOf } from '../plan/experiment-plan.js';
import { EVALUATORS, type Evaluator } from './evaluator.js';
import { RunEmitter, type WorkAhead } from './events.js';
import { Executor } from './executor.js';
import { RemainingWork } from './remaining-work.js';
import type { KeptForOthers } from './retention.js';
import { RoomCheck } from './room-check.js';

/** One plan of a run. Reactive strategies make a run plan, and train, in several rounds. */
@injectable()
export class Round {
  /** Segments that are to be trained. */
  #training: ReadonlySet<Segment> = new Set();

  constructor(
    @inject(PLAN) readonly plan: ExperimentPlan,
    @inject(RemainingWork) private readonly work: RemainingWork,
    @inject(Executor) private readonly executor: Executor,
    @inject(EVALUATORS) readonly evaluators: readonly Evaluator[],
    @inject(RoomCheck) private readonly room: RoomCheck,
    @inject(BillWriter) private readonly bill: BillWriter,
    @inject(RunEmitter) private readonly events: RunEmitter,
  ) {}

  /** Checks that there is room for the plan, and says what is ahead. Nothing is trained yet. */
  async check(kept: KeptForOthers): Promise<WorkAhead> {
    const { plan, evaluators, room } = this;
    const operations = this.work.compile();
    const training = stepsBySegment(operations);
    this.#training = new Set(training.keys());
    const evaluations = (await Promise.all(evaluators.map((evaluator) => evaluator.ahead()))).flat();
    await room.assertRoom(operations, evaluations, kept);
    return {
      steps: stepsOf(operations),
      segments: training.size,
      tokensPerStep: room.tokensPerStep,
      releases: targetsOf(plan).length,
      seeds: plan.seeds.length,
    };
  }

  /**
   * Trains the plan as far as it reaches and writes the bill, also when training stops. `announced`: keys of the
   * segments that were announced in earlier rounds. Returns what stopped single strategies; throws what stops the whole
   * run.
   */
  async train(announced: Set<Digest>): Promise<readonly Failure[]> {
    const { plan, executor, events } = this;
    try {
      for (const segment of plan.graph.segments()) {
        if (this.#training.has(segment) || announced.has(segment.to.key)) continue;
        events.emit('segmentEnd', { segment, reused: true });
      }
      const failures = await executor.run();
      for (const { to } of plan.graph.segments()) announced.add(to.key);
      return failures;
    } finally {
      // What stopped the run is the error to report, also when the disk has no space left for the bill.
      await this.bill.settle(this.#sets).catch((error: unknown) => {
        events.emit('warning', `the bill could not be written: ${messageOf(error)}`);
      });
    }
  }

  /** What the strategies cost, from the ledger. */
  costs(): ExperimentCosts {
    return this.bill.costs(this.#sets);
  }

  get #sets(): readonly Digest[] {
    return this.evaluators.flatMap(({ sets }) => sets);
  }
}
