/**
 * Which points of several spaces a search evaluates: all of them where they are few, else a low-discrepancy sequence,
 * and then neighbours of the best. Deterministic, and without arithmetic that differs between machines.
 */

/** A point: an index for each dimension of a space. */
export type Point = readonly number[];

/** Sizes of the dimensions of a space. */
export type Sizes = readonly number[];

/** What is evaluated in a space before anything is known. */
export interface SpaceDesign {
  readonly points: readonly Point[];
  /** Whether these are all points. */
  readonly exhaustive: boolean;
}

/** The plan of a search. */
export interface Design {
  readonly spaces: readonly SpaceDesign[];
  /** Evaluations that are left for neighbours of the best points. */
  readonly refinements: number;
}

/** Bases of the Halton sequence, one for each dimension. */
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/** The most dimensions of a space: in more, Halton's sequence is too regular. */
export const MOST_DIMENSIONS = PRIMES.length;

/** Share of the evaluations of a space that its sequence gets; the rest refines. */
const FIRST = 2 / 3;

/**
 * Divides evaluations among spaces: a space with few points gets all of them, the others share the rest evenly. Spaces
 * without dimensions have one point.
 */
export function design(spaces: readonly Sizes[], evaluations: number): Design {
  const sizes = spaces.map((space) => space.reduce((product, size) => product * size, 1));
  const found = new Array<SpaceDesign>(spaces.length);
  const smallestFirst = sizes.map((_, index) => index).sort((a, b) => sizes[a]! - sizes[b]!);
  let left = evaluations;
  let refinements = 0;
  for (const [rank, index] of smallestFirst.entries()) {
    const share = Math.floor(left / (spaces.length - rank));
    if (sizes[index]! <= share) {
      found[index] = { points: allPoints(spaces[index]!), exhaustive: true };
      left -= sizes[index]!;
      continue;
    }
    const points = haltonPoints(spaces[index]!, Math.ceil(FIRST * share));
    found[index] = { points, exhaustive: false };
    refinements += share - points.length;
    left -= share;
  }
  return { spaces: found, refinements };
}

/** All points of a space, the last dimension fastest. */
function allPoints(sizes: Sizes): readonly Point[] {
  return sizes.reduce<readonly Point[]>(
    (points, size) => points.flatMap((point) => Array.from({ length: size }, (_, index) => [...point, index])),
    [[]],
  );
}

/**
 * Different points of Halton's sequence (On the efficiency of certain quasi-random sequences of points, 1960), in its
 * order; as many as wanted, or fewer where the sequence repeats itself too often.
 */
function haltonPoints(sizes: Sizes, wanted: number): readonly Point[] {
  const points = new Map<string, Point>();
  for (let number = 1; points.size < wanted && number <= 20 * wanted; number++) {
    const point = sizes.map((size, dimension) => Math.floor(radicalInverse(number, PRIMES[dimension]!) * size));
    points.set(point.join(), point);
  }
  return [...points.values()];
}

/** The digits of a number mirrored at the point: 6 = 110 in base 2 gives 0.011. */
function radicalInverse(number: number, base: number): number {
  let [rest, inverse, denominator] = [number, 0, 1];
  while (rest > 0) {
    inverse = inverse * base + (rest % base);
    denominator *= base;
    rest = Math.floor(rest / base);
  }
  return inverse / denominator;
}

/** Radii of refinement, as shares of a dimension: each round looks closer than the one before. */
export const RADII: readonly number[] = [1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256];

/** Points that differ from a point in one ordered dimension, by a share of it; at least by one value. */
export function neighbours(point: Point, sizes: Sizes, ordered: readonly boolean[], radius: number): readonly Point[] {
  return sizes.flatMap((size, dimension) => {
    if (!ordered[dimension]) return [];
    const distance = Math.max(1, Math.round(radius * size));
    return [-distance, distance]
      .map((offset) => Math.min(size - 1, Math.max(0, point[dimension]! + offset)))
      .filter((index) => index !== point[dimension])
      .map((index) => point.map((own, at) => (at === dimension ? index : own)));
  });
}
