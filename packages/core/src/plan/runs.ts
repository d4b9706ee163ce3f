/**
 * Runs of equal steps: what paths are made of. All comparing, cutting and joining happens on runs, so its cost does not
 * depend on how many steps they stand for.
 */
import { type Digest, digestJson } from '../json.js';
import { continuesPiece, type RatePiece, slicePiece } from './schedule.js';

/** Consecutive steps of one rate piece over consecutive batches of one order. */
export interface StepRun {
  readonly rate: RatePiece;
  /** Digest of the order the batches come from. */
  readonly order: Digest;
  /** Index of the first sequence of the first batch. */
  readonly offset: number;
  /** Loss weights of the sequences of every batch of this run; absent: all 1. */
  readonly weights?: readonly number[];
}

/** The part of a run that starts `start` steps in and is `steps` long. */
export function sliceRun(run: StepRun, start: number, steps: number, batch: number): StepRun {
  return { ...run, rate: slicePiece(run.rate, start, steps), offset: run.offset + start * batch };
}

/** True when `next` is what follows `run`, so that the two are one run cut in two. */
export function continuesRun(run: StepRun, next: StepRun, batch: number): boolean {
  return (
    run.order === next.order &&
    next.offset === run.offset + run.rate.steps * batch &&
    sameWeights(run.weights, next.weights) &&
    continuesPiece(run.rate, next.rate)
  );
}

/** How many steps two runs have in common from their beginnings. */
function commonSteps(a: StepRun, b: StepRun): number {
  const same =
    a.order === b.order &&
    a.offset === b.offset &&
    sameWeights(a.weights, b.weights) &&
    a.rate.offset === b.rate.offset &&
    a.rate.curve === b.rate.curve &&
    a.rate.from === b.rate.from &&
    a.rate.to === b.rate.to &&
    a.rate.of === b.rate.of;
  return same ? Math.min(a.rate.steps, b.rate.steps) : 0;
}

function sameWeights(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && a.length === b.length && a.every((weight, index) => weight === b[index]);
}

/** Joins neighbours that continue each other and drops empty runs. */
export function joinRuns(runs: readonly StepRun[], batch: number): readonly StepRun[] {
  const joined: StepRun[] = [];
  for (const run of runs) {
    if (run.rate.steps === 0) continue;
    const last = joined.at(-1);
    if (last !== undefined && continuesRun(last, run, batch)) {
      joined[joined.length - 1] = { ...last, rate: { ...last.rate, steps: last.rate.steps + run.rate.steps } };
    } else joined.push(run);
  }
  return joined;
}

/** The first `steps` steps of a list of runs. */
export function takeSteps(runs: readonly StepRun[], steps: number, batch: number): readonly StepRun[] {
  const taken: StepRun[] = [];
  let left = steps;
  for (const run of runs) {
    if (left <= 0) break;
    const count = Math.min(left, run.rate.steps);
    taken.push(count === run.rate.steps ? run : sliceRun(run, 0, count, batch));
    left -= count;
  }
  return taken;
}

/** Steps two lists of runs have in common from their beginnings. */
export function commonPrefix(a: readonly StepRun[], b: readonly StepRun[], batch: number): number {
  let [i, j, doneA, doneB, shared] = [0, 0, 0, 0, 0];
  while (i < a.length && j < b.length) {
    const left = sliceRun(a[i]!, doneA, a[i]!.rate.steps - doneA, batch);
    const right = sliceRun(b[j]!, doneB, b[j]!.rate.steps - doneB, batch);
    const common = commonSteps(left, right);
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

/** What is left of a list of runs behind its first `steps` steps. */
export function dropSteps(runs: readonly StepRun[], steps: number, batch: number): readonly StepRun[] {
  let left = steps;
  const rest: StepRun[] = [];
  for (const run of runs) {
    if (left >= run.rate.steps) left -= run.rate.steps;
    else {
      rest.push(left === 0 ? run : sliceRun(run, left, run.rate.steps - left, batch));
      left = 0;
    }
  }
  return rest;
}

/** Steps of a list of runs. */
export function countSteps(runs: readonly StepRun[]): number {
  return runs.reduce((sum, run) => sum + run.rate.steps, 0);
}

/**
 * The key of a state: a hash chain over the *maximal* runs behind it, the last one as far as it went. Where a path was
 * cut, and whether by a fork or a checkpoint, does not change the key, so a state is found again by whoever needs it.
 */
export class KeyChain {
  private constructor(
    private readonly closed: Digest,
    private readonly open: StepRun | undefined,
    private readonly batch: number,
  ) {}

  static root(key: Digest, batch: number): KeyChain {
    return new KeyChain(key, undefined, batch);
  }

  /** The chain after one more run. */
  extend(run: StepRun): KeyChain {
    if (run.rate.steps === 0) return this;
    const { open, batch } = this;
    if (open === undefined) return new KeyChain(this.closed, run, batch);
    if (continuesRun(open, run, batch)) {
      return new KeyChain(
        this.closed,
        { ...open, rate: { ...open.rate, steps: open.rate.steps + run.rate.steps } },
        batch,
      );
    }
    return new KeyChain(this.key(), run, batch);
  }

  extendAll(runs: readonly StepRun[]): KeyChain {
    return runs.reduce<KeyChain>((chain, run) => chain.extend(run), this);
  }

  key(): Digest {
    if (this.open === undefined) return this.closed;
    const { rate, order, offset, weights } = this.open;
    return digestJson({ after: this.closed, run: { rate: { ...rate }, order, offset, ...(weights && { weights }) } });
  }
}
