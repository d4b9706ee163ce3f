/**
 * Finds stored states that an equal trainer made, wholly or in part, on another processor, in place of planned ones.
 * Their keys hold who made them, so a planned point becomes another point: the same steps, with the numerics of those
 * who made them, as far as a state is stored; the rest is for this trainer.
 */
import { type GraphBasis, RunGraph } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { Lineage, Point, Root } from '../path/path.js';
import {
  allMakers,
  type MadeBy,
  madeByUntil,
  otherProcessor,
  otherProcessorsIn,
  type Provenance,
  withMakers,
} from '../path/provenance.js';
import { takeSteps } from '../path/step-ranges.js';

/** A stored state with its history. */
export interface StoredState {
  readonly key: Digest;
  /** Key of its root, and steps since then. */
  readonly root: Digest;
  readonly steps: number;
  /** Absent for states that version 0.1.0 stored: of those, only the ones of this processor are found. */
  readonly provenance?: Provenance;
}

/** A root that stands for a planned one, with its key. */
interface Variant {
  readonly root: Root;
  readonly key: Digest;
}

/** What is stored after one root. */
interface Group {
  readonly provenance: Provenance;
  /** Latest first. */
  readonly states: readonly (StoredState & { readonly provenance: Provenance })[];
}

/** The stored states of one run directory, for one trainer. */
export class StoredHistories {
  readonly #numerics: string;
  readonly #batch: number;
  /** Only calculates keys. */
  readonly #keys: RunGraph;
  readonly #groups = new Map<Digest, Group>();
  /** Histories of states with a root, by the key of the root; equal ones once. */
  readonly #histories = new Map<Digest, Map<string, readonly MadeBy[]>>();
  readonly #variants = new Map<Root, readonly Variant[]>();
  readonly #started = new Map<Root, Root>();
  readonly #numericsOfRoots: readonly string[];
  /** Names of the other processors that made states. */
  readonly processors: readonly string[];

  /** States of trainers that differ in more than the processor are ignored. */
  constructor(basis: GraphBasis, stored: readonly StoredState[], processor: string) {
    const { numerics } = basis;
    this.#numerics = numerics;
    this.#batch = basis.batch;
    this.#keys = new RunGraph(basis);
    const isEqual = (by: MadeBy) =>
      by.numerics === numerics || otherProcessor({ numerics, processor }, by.numerics) !== undefined;
    const groups = new Map<Digest, (StoredState & { readonly provenance: Provenance })[]>();
    const own: Provenance = { madeBy: [{ steps: 0, numerics }] };
    const found = stored
      .map(({ provenance = own, ...state }) => ({ ...state, provenance }))
      .filter(({ provenance }) => allMakers(provenance).every(isEqual));
    const histories = found.map(({ provenance }) => provenance);
    this.processors = otherProcessorsIn({ numerics, processor }, histories);
    const changesOf = ({ provenance }: (typeof found)[number]) => provenance.madeBy.length;
    found.sort((a, b) => b.steps - a.steps || changesOf(a) - changesOf(b) || (a.key < b.key ? -1 : 1));
    for (const state of found) {
      const { provenance, root } = state;
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [state]);
      else group.push(state);
      this.#remember(root, provenance.madeBy);
      for (const source of provenance.sources ?? []) this.#remember(source.root, source.madeBy);
    }
    for (const [root, states] of groups) this.#groups.set(root, { provenance: states[0]!.provenance, states });
    const roots = [...this.#histories.values()].flatMap((all) => [...all.values()].map(([first]) => first!.numerics));
    this.#numericsOfRoots = [...new Set([numerics, ...roots])].sort();
  }

  #remember(root: Digest, madeBy: readonly MadeBy[]): void {
    const known = this.#histories.get(root) ?? new Map<string, readonly MadeBy[]>();
    this.#histories.set(root, known.set(JSON.stringify(madeBy), madeBy));
  }

  /** The point that stands for a planned one; the planned one itself if this trainer made most of it. */
  take(point: Point): Point {
    const { lineage, steps } = point;
    if (this.processors.length === 0) return point;
    const found = this.#furthest(point);
    if (found === undefined) return { lineage: this.#start(lineage), steps };
    const { variant, madeBy, at } = found;
    if (variant.root === lineage.root && madeBy.length === 1) return point;
    const own: readonly MadeBy[] =
      at < steps && madeBy.at(-1)!.numerics !== this.#numerics ? [{ steps: at, numerics: this.#numerics }] : [];
    return this.#made(point, variant.root, [...madeBy, ...own]);
  }

  /** The stored state that is furthest on the way to a point. Of several, one of this trainer, or the plainest. */
  #furthest(point: Point) {
    let best: { readonly variant: Variant; readonly madeBy: readonly MadeBy[]; readonly at: number } | undefined;
    for (const variant of this.#variantsOf(point.lineage.root)) {
      for (const { key, steps, provenance } of this.#groups.get(variant.key)?.states ?? []) {
        if (steps > point.steps) continue;
        const changes = provenance.madeBy.length;
        const isBetter = best === undefined || steps > best.at || (steps === best.at && changes < best.madeBy.length);
        if (!isBetter) break;
        const madeBy = madeByUntil(provenance.madeBy, steps);
        const made = this.#made({ lineage: point.lineage, steps }, variant.root, madeBy);
        if (this.#keys.keyOf(made) !== key) continue;
        best = { variant, madeBy, at: steps };
        break;
      }
    }
    return best;
  }

  /** A point with the trainers that made it. */
  #made({ lineage, steps }: Point, root: Root, madeBy: readonly MadeBy[]): Point {
    const ranges = withMakers(takeSteps(lineage.ranges, steps, this.#batch), madeBy, this.#batch);
    return { lineage: { root, ranges }, steps };
  }

  /** The lineage with a root that this trainer makes, from what is stored of its sources. */
  #start({ root, ranges }: Lineage): Lineage {
    let started = this.#started.get(root);
    if (started === undefined) {
      started = this.#fromTaken(root);
      this.#started.set(root, started);
    }
    return { root: started, ranges };
  }

  #fromTaken(root: Root): Root {
    if (root.kind === 'init') return root;
    if (root.kind === 'reset') {
      const of = this.take(root.of);
      return isSame(of, root.of) ? root : { ...root, of };
    }
    const parts = root.parts.map(({ point, weight }) => ({ point: this.take(point), weight }));
    return parts.every(({ point }, index) => isSame(point, root.parts[index]!.point)) ? root : { ...root, parts };
  }

  /** The roots of stored states that stand for a planned root; the planned one first. */
  #variantsOf(root: Root): readonly Variant[] {
    const known = this.#variants.get(root);
    if (known !== undefined) return known;
    const own: Variant = { root, key: this.#keyOf(root) };
    const found = root.kind === 'init' ? this.#initial(root) : this.#madeRoots(root);
    const variants = [own, ...found.filter(({ key }) => key !== own.key)];
    this.#variants.set(root, variants);
    return variants;
  }

  #initial(root: Root): readonly Variant[] {
    return this.#numericsOfRoots
      .map((numerics) => ({ ...root, numerics }))
      .map((made) => ({ root: made, key: this.#keyOf(made) }))
      .filter(({ key }) => this.#histories.has(key));
  }

  /** Averages and resets: a stored one stands for a planned one if its sources stand for the planned sources. */
  #madeRoots(root: Exclude<Root, { readonly kind: 'init' }>): readonly Variant[] {
    const sources = root.kind === 'reset' ? [root.of] : root.parts.map(({ point }) => point);
    const points = sources.map((source) => this.#pointsOf(source));
    return [...this.#groups].flatMap(([key, { provenance }]): readonly Variant[] => {
      const { sources: stored = [], madeBy } = provenance;
      if (stored.length !== points.length) return [];
      const made = points.map((known, index) => known.get(stored[index]!.key));
      if (!made.every((point) => point !== undefined)) return [];
      const { numerics } = madeBy[0]!;
      const variant: Root =
        root.kind === 'reset'
          ? { ...root, of: made[0]!, numerics }
          : { ...root, parts: root.parts.map(({ weight }, index) => ({ point: made[index]!, weight })), numerics };
      return this.#keyOf(variant) === key ? [{ root: variant, key }] : [];
    });
  }

  /** All points that stand for a planned one, in any known history, by key. */
  #pointsOf(point: Point): ReadonlyMap<Digest, Point> {
    const found = new Map<Digest, Point>();
    for (const { root, key } of this.#variantsOf(point.lineage.root)) {
      for (const madeBy of this.#histories.get(key)?.values() ?? []) {
        const made = this.#made(point, root, madeByUntil(madeBy, point.steps));
        found.set(this.#keys.keyOf(made), made);
      }
    }
    return found;
  }

  #keyOf(root: Root): Digest {
    return this.#keys.keyOf({ lineage: { root, ranges: [] }, steps: 0 });
  }
}

const isSame = (a: Point, b: Point) => a === b || (a.lineage.root === b.lineage.root && !isMixed(a));

const isMixed = ({ lineage }: Point) => lineage.ranges.some(({ numerics }) => numerics !== undefined);
