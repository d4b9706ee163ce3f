import { BillWriter } from '../bill/bill-writer.js';
import type { ExperimentCosts } from '../bill/costs.js';
import { inject, injectable } from '../di.js';
import { messageOf } from '../errors.js';
import { describeDiskError } from '../files/disk-errors.js';
import { stepsBySegment, stepsOf } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { type ExperimentPlan, PLAN, targetsOf } from '../plan/experiment-plan.js';
import { CapacityCheck } from './capacity-check.js';
import { EVALUATORS, type Evaluator } from './evaluator.js';
import { RunEmitter, type WorkAhead } from './events.js';
import { heldStates } from './held-states.js';
import { RemainingWork } from './remaining-work.js';
import type { KeptForOthers } from './retention.js';
import { RunFailures } from './run-failures.js';
import { RUNNER, type Runner } from './runner.js';

/** Trains one plan of a run. Reactive strategies make a run plan and train in several rounds. */
@injectable()
export class Round {
  /** Segments to train. */
  #training: ReadonlySet<Segment> = new Set();

  constructor(
    @inject(PLAN) readonly plan: ExperimentPlan,
    @inject(RemainingWork) private readonly work: RemainingWork,
    @inject(RUNNER) private readonly runner: Runner,
    @inject(EVALUATORS) readonly evaluators: readonly Evaluator[],
    @inject(CapacityCheck) private readonly capacity: CapacityCheck,
    @inject(BillWriter) private readonly bill: BillWriter,
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(RunFailures) readonly failures: RunFailures,
  ) {}

  /** Checks that the plan fits the budget and the disk limit, and returns the remaining work. Trains nothing. */
  async check(kept: KeptForOthers): Promise<WorkAhead> {
    const { plan, evaluators, capacity } = this;
    const operations = this.work.compile();
    const training = stepsBySegment(operations);
    this.#training = new Set(training.keys());
    const evaluations = (await Promise.all(evaluators.map((evaluator) => evaluator.ahead()))).flat();
    await capacity.assertCapacity(operations, evaluations, kept);
    return {
      steps: stepsOf(operations),
      segments: training.size,
      tokensPerStep: capacity.tokensPerStep,
      releases: targetsOf(plan).length,
      seeds: plan.seeds.length,
    };
  }

  /**
   * Trains the plan as far as it is decided and writes the bill, even when training stops. `announced`: keys of
   * segments announced in earlier rounds; updated. Adds failures of single strategies; throws errors that stop the
   * whole run.
   */
  async train(announced: Set<Digest>): Promise<void> {
    const { plan, runner, events } = this;
    await this.#settled(async () => {
      for (const segment of plan.graph.segments()) {
        if (this.#training.has(segment) || announced.has(segment.to.key)) continue;
        events.emit('segmentEnd', { segment, reused: true });
      }
      await runner.run(heldStates(plan));
      for (const { to } of plan.graph.segments()) announced.add(to.key);
    });
  }

  /** Does work and writes the bill, even if the work fails. */
  async #settled(work: () => Promise<void>): Promise<void> {
    const { events } = this;
    try {
      await work();
    } finally {
      // An error that stopped the run takes precedence over a failure to write the bill, e.g. on a full disk.
      await this.bill.settle(this.#sets).catch((error: unknown) => {
        events.emit('warning', `the bill could not be written: ${describeDiskError(error)?.what ?? messageOf(error)}`);
      });
    }
  }

  /** Trains what was held for strategies that wait, whose losses cannot be measured. Returns whether there was any. */
  async trainHeld(): Promise<boolean> {
    if (heldStates(this.plan).size === 0) return false;
    await this.#settled(() => this.runner.run(new Set()));
    return true;
  }

  /** Costs of the strategies, from the ledger. */
  costs(): ExperimentCosts {
    return this.bill.costs(this.#sets);
  }

  get #sets(): readonly Digest[] {
    return this.evaluators.flatMap(({ sets }) => sets);
  }
}
