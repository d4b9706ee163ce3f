/** How well the work of a run divides among lanes. */
import { type Operation, stepsOf } from '../graph/operations.js';
import { Schedule, type Unit } from './schedule.js';

/**
 * Steps that the lane with most of them makes, waiting included, if every step takes equally long and nothing else
 * takes any time. With one lane, all steps.
 */
export function makespan(operations: readonly Operation[], lanes: number): number {
  const schedule = new Schedule(operations, { lanes });
  const busy = new Map<number, { readonly unit: Unit; readonly until: number }>();
  const held = new Map<number, string>();
  for (let now = 0; ; ) {
    for (let lane = 0; lane < lanes; lane++) {
      const unit = busy.has(lane) ? undefined : schedule.take(held.get(lane));
      if (unit !== undefined) busy.set(lane, { unit, until: now + stepsOf(unit.operations) });
    }
    const [next] = [...busy].sort(([, a], [, b]) => a.until - b.until);
    if (next === undefined) return now;
    const [lane, { unit, until }] = next;
    now = until;
    busy.delete(lane);
    held.set(lane, unit.operations.at(-1)!.key);
    schedule.finish(unit);
    schedule.leave(unit);
  }
}

/** Time lost by lanes that wait, as a share of all: the most for which several lanes are worth it. */
const MOST_LOSS = 0.1;

/** The largest number of lanes, at most `most`, with which the lanes are busy nearly all the time; at least 1. */
export function lanesFor(operations: readonly Operation[], most: number): number {
  const steps = stepsOf(operations);
  for (let lanes = most; lanes > 1; lanes--) {
    if (steps > 0 && steps >= (1 - MOST_LOSS) * lanes * makespan(operations, lanes)) return lanes;
  }
  return 1;
}
