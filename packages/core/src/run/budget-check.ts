/** What a run still needs, and whether its budget has room for it: asked before the first step. */

import { placesOf } from '../bill/bill.js';
import { BranchlineError, type Problem } from '../errors.js';
import { type Operation, stepsBySegment, stepsOf } from '../graph/operations.js';
import type { Segment } from '../graph/run-graph.js';
import { type Budget, boundsOf, MEASURES, showAmount } from '../ledger/budget.js';
import { addCost, type ExactCost } from '../ledger/cost.js';
import { costOfEntry } from '../ledger/entry.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import { priceTime } from '../ledger/prices.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import type { EvaluationWork } from './evaluator.js';

/** What is ahead of a run. */
export interface Ahead {
  readonly plan: ExperimentPlan;
  /** Everything that is left to do. */
  readonly operations: readonly Operation[];
  readonly tokensPerStep: number;
  readonly evaluations: readonly EvaluationWork[];
}

/** Seconds a FLOP takes on the device of a run, from what was trained there before; undefined when nothing was. */
export function secondsPerFlop(books: LedgerWriter, device: string): number | undefined {
  let seconds = 0;
  let flops = 0;
  for (const entry of books.ledger.entries) {
    if (entry.kind !== 'train' || entry.device !== device) continue;
    seconds += entry.deviceSeconds;
    flops += Number(entry.flops);
  }
  return flops > 0 ? seconds / flops : undefined;
}

/** Tokens and FLOPs exactly; time, energy and money at a speed. */
export function costAhead(
  { operations, tokensPerStep, evaluations }: Ahead,
  books: LedgerWriter,
  speed: number,
): ExactCost {
  const training = costOfSteps(stepsOf(operations), tokensPerStep, books, speed);
  const flops = evaluations.reduce((sum, { count, tokens }) => sum + (books.flopsOf(tokens) / 3n) * BigInt(count), 0n);
  return addCost(training, { ...costOfTime(Number(flops) * speed, books), flops });
}

function costOfSteps(steps: number, tokensPerStep: number, books: LedgerWriter, speed: number): ExactCost {
  const tokens = steps * tokensPerStep;
  const flops = books.flopsOf(tokens);
  return { ...costOfTime(Number(flops) * speed, books), steps: BigInt(steps), tokens: BigInt(tokens), flops };
}

/** Of so many seconds on the device. */
export function costOfTime(seconds: number, books: LedgerWriter): ExactCost {
  const time = { kind: 'train' as const, steps: 0, tokens: 0, flops: '0', ...priceTime(seconds, books.rate) };
  return costOfEntry(time);
}

/** Whether a budget follows from time, which only a measured speed can tell before. */
export function needsSpeed(budget: Budget): boolean {
  return boundsOf(budget).some(({ resource }) => MEASURES[resource].fromTime);
}

/**
 * Throws a `budget` error, with the largest part named, when what was spent and what is ahead exceed a budget. Nothing
 * ahead always fits. `speed`: seconds a FLOP takes; needed when the budget bounds what follows from time.
 */
export function assertFits(budget: Budget, ahead: Ahead, books: LedgerWriter, speed = 0): void {
  if (stepsOf(ahead.operations) === 0 && ahead.evaluations.every(({ count }) => count === 0)) return;
  const unknown = boundsOf(budget).flatMap(({ resource }): Problem[] => {
    if (resource === 'money' && books.rate.price === null) return [notPriced('a price', 'price', books)];
    if (resource === 'energy' && books.rate.power === null) return [notPriced('the power', 'power', books)];
    return [];
  });
  if (unknown.length > 0) throw new BranchlineError('config', unknown);

  const { spent, rate } = books;
  const total = addCost(spent, costAhead(ahead, books, speed));
  const problems = boundsOf(budget).flatMap(({ resource, limit }): Problem[] => {
    const { amount, fromTime } = MEASURES[resource];
    if (amount(total) <= limit) return [];
    const show = (value: number) => showAmount(resource, value, rate.currency);
    const before = amount(spent) > 0 ? `, ${show(amount(spent))} of it spent before` : '';
    const about = fromTime ? 'about ' : '';
    const message = `the plan needs ${about}${show(amount(total))}${before}; the budget is ${show(limit)}. ${largestPart(ahead)}`;
    const remedy = 'Raise the budget, or train fewer strategies or less text. Nothing was started.';
    return [{ configPath: `budget.${resource}`, message, remedy }];
  });
  if (problems.length > 0) throw new BranchlineError('budget', problems);
}

function notPriced(what: string, key: string, books: LedgerWriter): Problem {
  const configPath = `budget.${key === 'price' ? 'money' : 'energy'}`;
  const message = `cannot be kept: the price table does not know ${what} of this device`;
  const remedy = `Add a row with "${key}" for it to a table of your own (prices), in ${books.rate.currency}.`;
  return { configPath, message, remedy };
}

/** The path with the most steps to train. */
function largestPart({ plan, operations }: Ahead): string {
  const places = new Map(
    plan.strategies.map((of) => [memberOf(of.strategy.name, of.strategy.seed), placesOf(of, plan)]),
  );
  const parts = new Map<string, number>();
  for (const [segment, steps] of stepsBySegment(operations)) {
    const label = `${labelOf(segment, places)}${plan.seeds.length > 1 ? `, seed ${segment.to.seed}` : ''}`;
    parts.set(label, (parts.get(label) ?? 0) + steps);
  }
  const [largest] = [...parts].sort(([, a], [, b]) => b - a);
  if (largest === undefined) return 'Only evaluations are left.';
  const [label, steps] = largest;
  const all = stepsOf(operations);
  return `The largest part is ${label}: ${Math.round((100 * steps) / all)}% of the ${all} steps to train.`;
}

const memberOf = (strategy: string, seed: number) => `${seed}/${strategy}`;

function labelOf(segment: Segment, places: ReadonlyMap<string, ReturnType<typeof placesOf>>): string {
  const names = [...segment.strategies];
  const place = places.get(memberOf(names[0]!, segment.to.seed))?.get(segment);
  const where = place === undefined ? '' : `version ${place.version}, path ${place.path} of `;
  return `${where}${names.map((name) => `"${name}"`).join(', ')}`;
}
