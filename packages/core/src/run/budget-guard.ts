import { BranchlineError } from '../errors.js';
import { type Bound, type Budget, exceeded, showAmount } from '../ledger/budget.js';
import { addCost } from '../ledger/cost.js';
import { costOfEntry } from '../ledger/entry.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import { priceTime } from '../ledger/prices.js';

/** Watches a budget while a run goes on: stops before the step that would exceed it, not behind. */
export class BudgetGuard {
  /** Of the last stretch; 0 while none was trained. */
  #secondsPerStep = 0;

  constructor(
    private readonly budget: Budget,
    private readonly books: LedgerWriter,
    private readonly tokensPerStep: number,
  ) {}

  /** True when one more step would exceed the budget, after so many steps in so many seconds that are not booked yet. */
  stopsAfter(steps: number, seconds: number): boolean {
    this.#secondsPerStep = seconds / steps;
    return this.#exceeded(steps, seconds) !== undefined;
  }

  /** Throws a `budget` error when there is no room for another step. `stepsLeft` counts what is still to train. */
  assertLeft(stepsLeft: () => number): void {
    const bound = this.#exceeded(0, 0);
    if (bound === undefined) return;
    const limit = showAmount(bound.resource, bound.limit, this.books.rate.currency);
    const message = `the budget of ${limit} is used up; everything up to the last step is stored, ${stepsLeft()} steps are left`;
    const remedy = 'Raise the budget and run the same command again: it goes on from there.';
    throw new BranchlineError('budget', { configPath: `budget.${bound.resource}`, message, remedy });
  }

  /** The bound that the booked cost, the steps that are not booked and one more step exceed. */
  #exceeded(steps: number, seconds: number): Bound | undefined {
    if (Object.keys(this.budget).length === 0) return undefined;
    const time = priceTime(seconds + this.#secondsPerStep, this.books.rate);
    const tokens = (steps + 1) * this.tokensPerStep;
    const flops = this.books.flopsOf(tokens).toString();
    const next = costOfEntry({ kind: 'train', steps: steps + 1, tokens, flops, ...time });
    return exceeded(this.budget, addCost(this.books.spent, next));
  }
}
