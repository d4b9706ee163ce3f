/**
 * Which trainers made a state. A run has one trainer, whose numerics all its keys hold. With
 * `reuseFromOtherProcessors` it also continues states that an equal trainer made on another processor; then the ranges
 * of a lineage name their numerics.
 */
import { type Digest, isDigest } from '../json.js';
import { isPlainObject } from '../plain-object.js';
import { sameObjective } from './objective.js';
import type { Point } from './path.js';
import { type StepRange, sliceRange } from './step-ranges.js';

/** Numerics of a trainer from a number of steps since the root on. */
export interface MadeBy {
  readonly steps: number;
  readonly numerics: string;
}

/** A state that a root was made from. */
export interface SourceProvenance {
  readonly key: Digest;
  /** Key of the root of its lineage. */
  readonly root: Digest;
  readonly madeBy: readonly MadeBy[];
}

/** How a stored state came about; in its manifest. */
export interface Provenance {
  /** Who made the root (`steps` 0), and every later change, in order. */
  readonly madeBy: readonly MadeBy[];
  /** What the root was made from, in order; absent for initial weights. */
  readonly sources?: readonly SourceProvenance[];
}

/** Whether a value that was read has the structure of a provenance. */
export function isProvenance(value: unknown): value is Provenance {
  const isMadeBy = (all: unknown) =>
    Array.isArray(all) &&
    all.length > 0 &&
    all.every((one) => isPlainObject(one) && Number.isSafeInteger(one.steps) && typeof one.numerics === 'string');
  const isSource = (one: unknown) => isPlainObject(one) && [one.key, one.root].every(isDigest) && isMadeBy(one.madeBy);
  return (
    isPlainObject(value) &&
    isMadeBy(value.madeBy) &&
    (value.sources === undefined || (Array.isArray(value.sources) && value.sources.every(isSource)))
  );
}

/** The names of other processors on which an equal trainer made states, sorted; see {@link otherProcessor}. */
export function otherProcessorsIn(
  own: Parameters<typeof otherProcessor>[0],
  histories: readonly (Provenance | undefined)[],
): readonly string[] {
  const makers = histories.flatMap((history) => (history === undefined ? [] : allMakers(history)));
  const numerics = new Set(makers.map((by) => by.numerics));
  return [...numerics].flatMap((other) => otherProcessor(own, other) ?? []).sort();
}

/** Everyone whom a provenance names. */
export function allMakers({ madeBy, sources = [] }: Provenance): readonly MadeBy[] {
  return [...madeBy, ...sources.flatMap((source) => source.madeBy)];
}

/** The trainers of the first steps. */
export function madeByUntil(madeBy: readonly MadeBy[], steps: number): readonly MadeBy[] {
  return madeBy.filter((change, index) => index === 0 || change.steps < steps);
}

/** The trainers of a lineage, joined where nothing changes. `root`: numerics that made the root. */
export function madeByOf(root: string, ranges: readonly StepRange[]): readonly MadeBy[] {
  const found: MadeBy[] = [{ steps: 0, numerics: root }];
  let steps = 0;
  for (const { rate, numerics = root } of ranges) {
    if (rate.steps > 0 && found.at(-1)!.numerics !== numerics) found.push({ steps, numerics });
    steps += rate.steps;
  }
  return found;
}

/** Ranges with the numerics of those who made them; ranges of the trainer of the root name none. */
export function withMakers(
  ranges: readonly StepRange[],
  [first, ...changes]: readonly MadeBy[],
  batch: number,
): readonly StepRange[] {
  const made: StepRange[] = [];
  let at = 0;
  let current: string | undefined;
  const rest = [...changes];
  for (const range of ranges) {
    for (let done = 0; done < range.rate.steps; ) {
      while (rest[0] !== undefined && rest[0].steps <= at) {
        const { numerics } = rest.shift()!;
        current = numerics === first?.numerics ? undefined : numerics;
      }
      const count = Math.min(range.rate.steps - done, (rest[0]?.steps ?? Number.POSITIVE_INFINITY) - at);
      const part = count === range.rate.steps ? range : sliceRange(range, done, count, batch);
      made.push(current === undefined ? part : { ...part, numerics: current });
      done += count;
      at += count;
    }
  }
  return made;
}

/** The last point before another one where the trainer or the objective changed; undefined without one. */
export function lastChange({ lineage, steps: end }: Point): Point | undefined {
  let steps = 0;
  let change: number | undefined;
  for (const [index, { rate, numerics, objective }] of lineage.ranges.entries()) {
    if (steps >= end) break;
    const before = lineage.ranges[index - 1];
    const isOther = before === undefined ? numerics !== undefined : numerics !== before.numerics;
    if (isOther || (before !== undefined && !sameObjective(objective, before.objective))) change = steps;
    steps += rate.steps;
  }
  return change === undefined || change === 0 ? undefined : { lineage, steps: change };
}

/**
 * The name of another processor, if numerics differ from `own` in the name of the processor only; undefined otherwise,
 * and if they are equal.
 */
export function otherProcessor(
  own: { readonly numerics: string; readonly processor?: string },
  numerics: string,
): string | undefined {
  const { processor } = own;
  if (processor === undefined || processor === '' || numerics === own.numerics) return undefined;
  const at = own.numerics.indexOf(processor);
  if (at < 0) return undefined;
  const [before, after] = [own.numerics.slice(0, at), own.numerics.slice(at + processor.length)];
  const matches =
    numerics.startsWith(before) && numerics.endsWith(after) && numerics.length > before.length + after.length;
  return matches ? numerics.slice(before.length, numerics.length - after.length) : undefined;
}
