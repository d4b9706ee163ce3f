/**
 * Ranges of consecutive steps, of which paths consist. Ranges are compared, split and joined without visiting steps, so
 * the cost does not depend on the number of steps.
 */
import { sameObjective } from './objective.js';
import type { StepContents } from './order-contents.js';
import type { StepRange } from './path.js';
import { continuesPiece, rateAt, slicePiece } from './rate-pieces.js';

export type { StepRange };

/** `steps` steps of a range, starting at step `start`. */
export function sliceRange(range: StepRange, start: number, steps: number, batch: number): StepRange {
  return { ...range, rate: slicePiece(range.rate, start, steps), offset: range.offset + start * batch };
}

/** True when `next` continues `range`: together they are one range. */
export function continuesRange(range: StepRange, next: StepRange, batch: number): boolean {
  return (
    range.order === next.order &&
    next.offset === range.offset + range.rate.steps * batch &&
    sameWeights(range.weights, next.weights) &&
    sameObjective(range.objective, next.objective) &&
    range.numerics === next.numerics &&
    continuesPiece(range.rate, next.rate)
  );
}

/** Number of equal steps at the start of two ranges. */
function commonSteps(a: StepRange, b: StepRange, { batch, contents }: StepContents): number {
  const same =
    a.offset === b.offset &&
    sameWeights(a.weights, b.weights) &&
    sameObjective(a.objective, b.objective) &&
    a.numerics === b.numerics &&
    a.rate.offset === b.rate.offset &&
    a.rate.curve === b.rate.curve &&
    a.rate.from === b.rate.from &&
    a.rate.to === b.rate.to &&
    a.rate.of === b.rate.of;
  if (!same) return 0;
  const steps = Math.min(a.rate.steps, b.rate.steps);
  return Math.floor(contents.common(a.order, b.order, a.offset, steps * batch) / batch);
}

function sameWeights(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && a.length === b.length && a.every((weight, index) => weight === b[index]);
}

/** Joins adjacent ranges that continue each other and drops empty ones. */
export function joinRanges(ranges: readonly StepRange[], batch: number): readonly StepRange[] {
  const joined: StepRange[] = [];
  for (const range of ranges) {
    if (range.rate.steps === 0) continue;
    const last = joined.at(-1);
    if (last !== undefined && continuesRange(last, range, batch)) {
      joined[joined.length - 1] = { ...last, rate: { ...last.rate, steps: last.rate.steps + range.rate.steps } };
    } else joined.push(range);
  }
  return joined;
}

/** The first `steps` steps of a list of ranges. */
export function takeSteps(ranges: readonly StepRange[], steps: number, batch: number): readonly StepRange[] {
  const taken: StepRange[] = [];
  let left = steps;
  for (const range of ranges) {
    if (left <= 0) break;
    const count = Math.min(left, range.rate.steps);
    taken.push(count === range.rate.steps ? range : sliceRange(range, 0, count, batch));
    left -= count;
  }
  return taken;
}

/** Number of equal steps at the start of two lists of ranges. */
export function commonPrefix(a: readonly StepRange[], b: readonly StepRange[], basis: StepContents): number {
  const { batch } = basis;
  let [i, j, doneA, doneB, shared] = [0, 0, 0, 0, 0];
  while (i < a.length && j < b.length) {
    const left = sliceRange(a[i]!, doneA, a[i]!.rate.steps - doneA, batch);
    const right = sliceRange(b[j]!, doneB, b[j]!.rate.steps - doneB, batch);
    const common = commonSteps(left, right, basis);
    if (common === 0) break;
    shared += common;
    doneA += common;
    doneB += common;
    if (doneA === a[i]!.rate.steps) [i, doneA] = [i + 1, 0];
    if (doneB === b[j]!.rate.steps) [j, doneB] = [j + 1, 0];
    if (doneA > 0 && doneB > 0) break;
  }
  return shared;
}

/** A list of ranges without its first `steps` steps. */
export function dropSteps(ranges: readonly StepRange[], steps: number, batch: number): readonly StepRange[] {
  let left = steps;
  const rest: StepRange[] = [];
  for (const range of ranges) {
    if (left >= range.rate.steps) left -= range.rate.steps;
    else {
      rest.push(left === 0 ? range : sliceRange(range, left, range.rate.steps - left, batch));
      left = 0;
    }
  }
  return rest;
}

/** Total number of steps of a list of ranges. */
export function countSteps(ranges: readonly StepRange[]): number {
  return ranges.reduce((sum, range) => sum + range.rate.steps, 0);
}

/** The rate of the last of `steps` steps; undefined if there is none. */
export function rateBefore(ranges: readonly StepRange[], steps: number): number | undefined {
  let left = steps;
  for (const { rate } of ranges) {
    if (left <= rate.steps) return left === 0 ? undefined : rateAt(rate, left - 1);
    left -= rate.steps;
  }
  return undefined;
}
