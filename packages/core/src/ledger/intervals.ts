/** A set of steps as disjoint intervals [begin, end). */
export class Intervals {
  #parts: readonly (readonly [number, number])[] = [];

  /** Adds an interval and returns the parts that were not in the set before, in order. */
  add(begin: number, end: number): readonly (readonly [number, number])[] {
    const added: [number, number][] = [];
    let at = begin;
    for (const [from, to] of this.#parts) {
      if (to <= at || from >= end) continue;
      if (from > at) added.push([at, from]);
      at = Math.max(at, to);
    }
    if (at < end) added.push([at, end]);
    const joined: [number, number][] = [];
    for (const [from, to] of [...this.#parts, ...added].sort((a, b) => a[0] - b[0])) {
      const last = joined.at(-1);
      if (last !== undefined && last[1] >= from) last[1] = Math.max(last[1], to);
      else joined.push([from, to]);
    }
    this.#parts = joined;
    return added;
  }

  /** Steps in the set. */
  get size(): number {
    return this.#parts.reduce((sum, [begin, end]) => sum + end - begin, 0);
  }
}
