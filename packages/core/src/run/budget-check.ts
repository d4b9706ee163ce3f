/** Checks before the first step whether the remaining work fits the budget. */

import { placesOf } from '../bill/bill.js';
import { BranchlineError, type Problem } from '../errors.js';
import { type Operation, stepsBySegment, stepsOf } from '../graph/operations.js';
import { objectiveIn, type Segment } from '../graph/run-graph.js';
import { type Budget, boundsOf, MEASURES, showAmount } from '../ledger/budget.js';
import { addCost, type ExactCost } from '../ledger/cost.js';
import { costOfEntry } from '../ledger/entry.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import { priceTime } from '../ledger/prices.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import type { EvaluationWork } from './evaluator.js';
import type { Speed } from './speed.js';

/** The remaining work of a run. */
export interface Ahead {
  readonly plan: ExperimentPlan;
  /** All remaining operations. */
  readonly operations: readonly Operation[];
  readonly tokensPerStep: number;
  readonly evaluations: readonly EvaluationWork[];
}

/**
 * Seconds per FLOP on a device according to earlier training in the ledger: its mean, and its fastest entry. Undefined
 * without any.
 */
export function secondsPerFlop(ledgerWriter: LedgerWriter, device: string): Speed | undefined {
  let seconds = 0;
  let flops = 0;
  let fastest = Number.POSITIVE_INFINITY;
  for (const entry of ledgerWriter.ledger.entries) {
    if (entry.kind !== 'train' || entry.device !== device) continue;
    seconds += entry.deviceSeconds;
    flops += Number(entry.flops);
    fastest = Math.min(fastest, entry.deviceSeconds / Number(entry.flops));
  }
  return flops > 0 ? { likely: seconds / flops, fastest } : undefined;
}

/** Cost of the remaining work: exact tokens and FLOPs; time, energy and money at `speed`, in seconds per FLOP. */
export function costAhead(
  { operations, tokensPerStep, evaluations }: Ahead,
  ledgerWriter: LedgerWriter,
  speed: number,
): ExactCost {
  const training = costOfTraining(operations, tokensPerStep, ledgerWriter, speed);
  const flops = evaluations.reduce(
    (sum, { count, tokens }) => sum + ledgerWriter.evaluationFlopsOf(tokens) * BigInt(count),
    0n,
  );
  return addCost(training, { ...costOfTime(Number(flops) * speed, ledgerWriter), flops });
}

function costOfTraining(
  operations: readonly Operation[],
  tokensPerStep: number,
  ledgerWriter: LedgerWriter,
  speed: number,
): ExactCost {
  const steps = stepsOf(operations);
  const tokens = steps * tokensPerStep;
  const flops = [...stepsBySegment(operations)].reduce(
    (sum, [segment, count]) => sum + ledgerWriter.flopsOf(count * tokensPerStep, objectiveIn(segment)),
    0n,
  );
  return { ...costOfTime(Number(flops) * speed, ledgerWriter), steps: BigInt(steps), tokens: BigInt(tokens), flops };
}

/** Cost of device time alone. */
export function costOfTime(seconds: number, ledgerWriter: LedgerWriter): ExactCost {
  const time = { kind: 'train' as const, steps: 0, tokens: 0, flops: '0', ...priceTime(seconds, ledgerWriter.rate) };
  return costOfEntry(time);
}

/** Whether a budget limits a resource that depends on time, so that a measured speed is needed. */
export function needsSpeed(budget: Budget): boolean {
  return boundsOf(budget).some(({ resource }) => MEASURES[resource].fromTime);
}

/** A speed for budgets that limit nothing that depends on time. */
const NO_SPEED: Speed = { likely: 0, fastest: 0 };

/** Limits that the plan exceeds: certainly, or only by an estimate that is too noisy to refuse the plan. */
export interface TooSmall {
  readonly certain: readonly Problem[];
  readonly likely: readonly Problem[];
}

/**
 * The limits that the cost so far plus the remaining cost exceeds, with the largest part of the work. A limit on time,
 * energy or money is exceeded for certain when even the fastest measured speed needs more. Throws a `config` error when
 * the price table lacks a price or power that the budget needs. Nothing is exceeded when no work remains. `speed`:
 * seconds per FLOP, needed when the budget limits time, energy or money.
 */
export function tooSmall(budget: Budget, ahead: Ahead, ledgerWriter: LedgerWriter, speed = NO_SPEED): TooSmall {
  if (stepsOf(ahead.operations) === 0 && ahead.evaluations.every(({ count }) => count === 0)) {
    return { certain: [], likely: [] };
  }
  const unknown = boundsOf(budget).flatMap(({ resource }): Problem[] => {
    if (resource === 'money' && ledgerWriter.rate.price === null) return [notPriced('a price', 'price', ledgerWriter)];
    if (resource === 'energy' && ledgerWriter.rate.power === null)
      return [notPriced('the power', 'power', ledgerWriter)];
    return [];
  });
  if (unknown.length > 0) throw new BranchlineError('config', unknown);

  const { spent, rate } = ledgerWriter;
  const total = addCost(spent, costAhead(ahead, ledgerWriter, speed.likely));
  const least = addCost(spent, costAhead(ahead, ledgerWriter, speed.fastest));
  const certain: Problem[] = [];
  const likely: Problem[] = [];
  for (const { resource, limit } of boundsOf(budget)) {
    const { amount, fromTime } = MEASURES[resource];
    if (amount(total) <= limit) continue;
    const show = (value: number) => showAmount(resource, value, rate.currency);
    const before = amount(spent) > 0 ? `, ${show(amount(spent))} of it spent before` : '';
    const needs = `the plan needs ${fromTime ? 'about ' : ''}${show(amount(total))}${before}`;
    const configPath = `budget.${resource}`;
    if (amount(least) > limit) {
      const message = `${needs}; the budget is ${show(limit)}. ${largestPart(ahead)}`;
      const remedy =
        'Raise the budget, or train fewer strategies or less text. --start-anyway trains until it is used up. Nothing was started.';
      certain.push({ configPath, message, remedy });
    } else {
      const message = `${needs}, by a rough estimate (${show(amount(least))} at the fastest speed seen); the budget is ${show(limit)}`;
      const remedy = 'The run stops with everything stored if the budget is used up.';
      likely.push({ configPath, message, remedy });
    }
  }
  return { certain, likely };
}

function notPriced(what: string, key: string, ledgerWriter: LedgerWriter): Problem {
  const configPath = `budget.${key === 'price' ? 'money' : 'energy'}`;
  const message = `cannot be enforced: the price table does not have ${what} of this device`;
  const remedy = `Add a row with "${key}" for it to a table of your own (prices), in ${ledgerWriter.rate.currency}.`;
  return { configPath, message, remedy };
}

/** Describes the path with the most steps to train. */
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
