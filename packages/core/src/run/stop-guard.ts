import { inject, Lifecycle, scoped } from '../di.js';
import { BranchlineError } from '../errors.js';
import { type Bound, type Budget, exceeded, showAmount } from '../ledger/budget.js';
import { addCost } from '../ledger/cost.js';
import { costOfEntry } from '../ledger/entry.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { priceTime } from '../ledger/prices.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { interrupted } from './run-errors.js';
import { RUN_OPTIONS, type RunOptions } from './run-options.js';

/** Stops a run between two steps: when it is aborted, or when the next step would exceed the budget. */
@scoped(Lifecycle.ContainerScoped)
export class StopGuard {
  readonly #budget: Budget;
  readonly #tokensPerStep: number;
  /** Average over the steps trained last; 0 before the first. */
  #secondsPerStep = 0;

  constructor(
    @inject(SPEC) { budget = {}, batch }: ExperimentSpec,
    @inject(MODEL) { context }: ModelDescription,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(RUN_OPTIONS) private readonly options: RunOptions,
  ) {
    this.#budget = budget;
    this.#tokensPerStep = batch * context;
  }

  /** True when the run must stop after `steps` steps in `seconds` that are not in the ledger yet. */
  stopsAfter(steps: number, seconds: number): boolean {
    this.#secondsPerStep = seconds / steps;
    return this.options.signal?.aborted === true || this.#exceeded(steps, seconds) !== undefined;
  }

  /** Throws an `interrupted` error when the run was aborted. */
  assertNotAborted(): void {
    if (this.options.signal?.aborted) throw interrupted();
  }

  /**
   * Throws a `budget` error when the budget leaves no room for another step. `stepsLeft` counts the steps still to
   * train.
   */
  assertBudgetLeft(stepsLeft: () => number): void {
    const bound = this.#exceeded(0, 0);
    if (bound === undefined) return;
    const limit = showAmount(bound.resource, bound.limit, this.ledgerWriter.rate.currency);
    const message = `the budget of ${limit} is used up; everything up to the last step is stored, ${stepsLeft()} steps are left`;
    const remedy = 'Raise the budget and run the same command again: it continues from there.';
    throw new BranchlineError('budget', { configPath: `budget.${bound.resource}`, message, remedy });
  }

  /** The bound exceeded by the cost in the ledger, the steps not booked yet, and one more step. */
  #exceeded(steps: number, seconds: number): Bound | undefined {
    if (Object.keys(this.#budget).length === 0) return undefined;
    const time = priceTime(seconds + this.#secondsPerStep, this.ledgerWriter.rate);
    const tokens = (steps + 1) * this.#tokensPerStep;
    const flops = this.ledgerWriter.flopsOf(tokens).toString();
    const next = costOfEntry({ kind: 'train', steps: steps + 1, tokens, flops, ...time });
    return exceeded(this.#budget, addCost(this.ledgerWriter.spent, next));
  }
}
