import { inject, injectable } from '../di.js';
import { BranchlineError } from '../errors.js';
import { type Bound, type Budget, exceeded, showAmount } from '../ledger/budget.js';
import { addCost } from '../ledger/cost.js';
import { costOfEntry } from '../ledger/entry.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { priceTime } from '../ledger/prices.js';
import type { Objective } from '../path/path.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { interrupted } from './run-errors.js';
import { RUN_OPTIONS, type RunOptions } from './run-options.js';

/** Steps of a lane that are not in the ledger yet, counted against the budget. */
export interface Meter {
  /** Sets what was trained by now. Returns true when training must stop before the next step. */
  stopsAfter(steps: number, seconds: number): boolean;
  /** The lane makes no further step for now. */
  pause(): void;
  /** The steps are in the ledger, or discarded. */
  close(): void;
}

/** What a meter counted. */
interface Count {
  steps: number;
  seconds: number;
  /** Whether one more step is being made. */
  running: boolean;
  readonly objective: Objective | undefined;
}

/** Stops all lanes of a run between two steps: when it is aborted, or when the next step would exceed the budget. */
@injectable()
export class StopGuard {
  readonly #budget: Budget;
  readonly #tokensPerStep: number;
  readonly #counts = new Set<Count>();
  /** Average over the steps trained last; 0 before the first. */
  #secondsPerStep = 0;
  #halted = false;

  constructor(
    @inject(SPEC) { budget = {}, batch }: ExperimentSpec,
    @inject(MODEL) { context }: ModelDescription,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(RUN_OPTIONS) private readonly options: RunOptions,
  ) {
    this.#budget = budget;
    this.#tokensPerStep = batch * context;
  }

  /** Begins to count the steps of a lane, for an objective. */
  meter(objective?: Objective): Meter {
    const count: Count = { steps: 0, seconds: 0, running: true, objective };
    this.#counts.add(count);
    return {
      stopsAfter: (steps, seconds) => {
        Object.assign(count, { steps, seconds });
        if (steps > 0) this.#secondsPerStep = seconds / steps;
        return this.#halted || this.options.signal?.aborted === true || this.#exceeded() !== undefined;
      },
      pause: () => {
        count.running = false;
      },
      close: () => void this.#counts.delete(count),
    };
  }

  /** Stops every lane after the step that it is making: an error ended the run. */
  halt(): void {
    this.#halted = true;
  }

  /** Throws an `interrupted` error when the run was aborted. */
  assertNotAborted(): void {
    if (this.options.signal?.aborted) throw interrupted();
  }

  /**
   * Throws a `budget` error when the budget leaves no room for another step. `stepsLeft` counts the steps still to
   * train.
   */
  assertBudgetLeft(stepsLeft: () => number, objective?: Objective): void {
    this.assertRoomFor(1, stepsLeft, objective);
  }

  /** Whether the budget leaves room for so many steps that begin together. */
  hasRoomFor(steps: number, objective?: Objective): boolean {
    return this.#exceeded(steps, objective) === undefined;
  }

  /** Throws a `budget` error when the budget leaves no room for so many steps. */
  assertRoomFor(steps: number, stepsLeft: () => number, objective?: Objective): void {
    const bound = this.#exceeded(steps, objective);
    if (bound === undefined) return;
    const limit = showAmount(bound.resource, bound.limit, this.ledgerWriter.rate.currency);
    const used = steps === 1 ? 'is used up' : `leaves no room for the next ${steps} steps, which belong together`;
    const message = `the budget of ${limit} ${used}; everything up to the last step is stored, ${stepsLeft()} steps are left`;
    const remedy = 'Raise the budget and run the same command again: it continues from there.';
    throw new BranchlineError('budget', { configPath: `budget.${bound.resource}`, message, remedy });
  }

  /**
   * The bound exceeded by the cost in the ledger, the steps not booked yet, one more step of every running lane, and
   * `more` steps of an objective.
   */
  #exceeded(more = 0, objective?: Objective): Bound | undefined {
    if (Object.keys(this.#budget).length === 0) return undefined;
    let steps = more;
    let seconds = more * this.#secondsPerStep;
    const flopsOf = (count: number, of?: Objective) => this.ledgerWriter.flopsOf(count * this.#tokensPerStep, of);
    let flops = flopsOf(more, objective);
    for (const count of this.#counts) {
      const ahead = count.running ? 1 : 0;
      steps += count.steps + ahead;
      seconds += count.seconds + ahead * this.#secondsPerStep;
      flops += flopsOf(count.steps + ahead, count.objective);
    }
    const time = priceTime(seconds, this.ledgerWriter.rate);
    const tokens = steps * this.#tokensPerStep;
    const next = costOfEntry({ kind: 'train', steps, tokens, flops: flops.toString(), ...time });
    return exceeded(this.#budget, addCost(this.ledgerWriter.spent, next));
  }
}
