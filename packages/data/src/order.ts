import { RandomStream } from '@branchline/core';
import { DataError } from './errors.js';

/** What of one version goes into an order: all of it, a share, or a number of sequences. */
export interface OrderVersion {
  /** From 1. */
  readonly version: number;
  /** Share of its training sequences, above 0 to 1. Default 1. */
  readonly share?: number;
  /** Number of its training sequences, instead of `share`. */
  readonly sequences?: number;
}

/** How sequences are ordered. A pure description: the corpus, this and nothing else decide the ids. */
export interface OrderSpec {
  readonly versions: readonly OrderVersion[];
  /**
   * `shuffled`: at random, every version spread evenly over the order.
   * `ascending`, `descending`: by score within each domain; domains are interleaved by normalised rank.
   * `folded`: `folds` stages, each a stratified random part of everything, sorted within.
   * `interleaved`: cut by rank within each domain into `buckets`; bucket k has slice k of every domain, shuffled.
   */
  readonly by: 'shuffled' | 'ascending' | 'descending' | 'folded' | 'interleaved';
  /** For `folded` and `interleaved`. Default ascending. */
  readonly direction?: 'ascending' | 'descending';
  /** For `folded`. Default 3. */
  readonly folds?: number;
  /** For `interleaved`. Default 8. */
  readonly buckets?: number;
  /** `together`: one order of everything. `by-version`: the order of each version, one after the other. */
  readonly scope: 'together' | 'by-version';
  readonly seed: number;
}

/** Training sequences of one version and domain: ids from `first`, with their scores. */
export interface OrderGroup {
  readonly version: number;
  readonly domain: string;
  readonly first: number;
  readonly count: number;
}

/** What an order is made from. */
export interface OrderSource {
  readonly groups: readonly OrderGroup[];
  readonly hasScores: boolean;
  score(id: number): number;
}

const bad = (key: string, message: string, remedy: string) =>
  new DataError([{ path: `order.${key}`, message, remedy }]);

/** Fills in the defaults and drops what has no effect, so that equal orders have equal specs. */
export function normalizeOrder(spec: OrderSpec, source: OrderSource): OrderSpec {
  const { by, scope, seed } = spec;
  if (by !== 'shuffled' && !source.hasScores)
    throw bad(
      'by',
      `the order "${by}" sorts by score, and this corpus has none`,
      'Set data.score to "diversity", or name a scoreField in the sources.',
    );
  const known = new Set(source.groups.map(({ version }) => version));
  const versions = spec.versions.map((part) => {
    const { version, share = 1 } = part;
    if (!known.has(version))
      throw bad('versions', `there is no version ${version}`, `Versions are 1 to ${Math.max(...known)}.`);
    const available = source.groups.reduce((sum, group) => sum + (group.version === version ? group.count : 0), 0);
    const sequences = part.sequences ?? Math.round(share * available);
    if (!Number.isInteger(sequences) || sequences < 0 || sequences > available)
      throw bad(
        'versions',
        `version ${version} has ${available} training sequences, not ${sequences}`,
        'Ask for a share from 0 to 1, or for fewer sequences.',
      );
    return { version, sequences };
  });
  versions.sort((a, b) => a.version - b.version);
  if (new Set(versions.map(({ version }) => version)).size < versions.length)
    throw bad('versions', 'a version is named twice', 'Name every version once, with one share.');
  const count = (key: 'folds' | 'buckets', value: number) => {
    if (!Number.isInteger(value) || value < 1) throw bad(key, `${value} is no count`, 'Use a whole number above 0.');
    return value;
  };
  const direction = spec.direction ?? 'ascending';
  return {
    versions,
    by,
    ...(by === 'folded' ? { direction, folds: count('folds', spec.folds ?? 3) } : {}),
    ...(by === 'interleaved' ? { direction, buckets: count('buckets', spec.buckets ?? 8) } : {}),
    scope: versions.length === 1 ? 'together' : scope,
    seed,
  };
}

/** The ids of a normalised order. */
export function makeOrder(spec: OrderSpec, source: OrderSource): Uint32Array {
  if (spec.scope === 'by-version') {
    // By construction the part of a version is the order of that version alone: prefixes can be shared.
    const parts = spec.versions.map((part) => makeOrder({ ...spec, versions: [part], scope: 'together' }, source));
    return concat(parts);
  }
  const parts = spec.versions.map((part) => takeOf(part.version, part.sequences!, spec.seed, source));
  if (spec.by === 'shuffled') return mix(parts, spec);
  const name = `order ${spec.by} ${spec.versions.map(({ version }) => version).join(' ')}`;
  const random = new RandomStream(spec.seed, name);
  const ranked = rankDomains(parts, source);
  const falling = spec.by === 'descending' || spec.direction === 'descending';
  switch (spec.by) {
    case 'folded':
      return concat(fold(ranked, spec.folds!, random).map((stage) => direct(interleave(stage), falling)));
    case 'interleaved': {
      const buckets = cut(ranked, spec.buckets!);
      return concat((falling ? buckets.reverse() : buckets).map((bucket) => random.shuffle(bucket)));
    }
    default:
      return direct(interleave(ranked), falling);
  }
}

/** Ids of a version, `count` of them at random: a smaller share is a part of every larger one. */
function takeOf(version: number, count: number, seed: number, source: OrderSource): Uint32Array {
  const ids = concat(
    source.groups
      .filter((group) => group.version === version)
      .map(({ first, count }) => Uint32Array.from({ length: count }, (_, index) => first + index)),
  );
  return new RandomStream(seed, `order version ${version}`).shuffle(ids).slice(0, count);
}

/** Parts that are in random order each, merged so that each is spread evenly and keeps its own order. */
function mix(parts: readonly Uint32Array[], spec: OrderSpec): Uint32Array {
  if (parts.length === 1) return parts[0]!;
  const places: number[] = [];
  const ids: number[] = [];
  parts.forEach((part, index) => {
    // One place at random in each n-th of the order: even, but in no pattern that a batch could fall in step with.
    const random = new RandomStream(spec.seed, `order places ${spec.versions[index]!.version}`);
    part.forEach((id, position) => {
      places.push((position + random.uniform()) / part.length);
      ids.push(id);
    });
  });
  const order = Uint32Array.from({ length: ids.length }, (_, index) => index);
  order.sort((a, b) => places[a]! - places[b]! || a - b);
  return order.map((index) => ids[index]!);
}

/** For each domain, in the order of their names, its ids from the lowest score to the highest. */
function rankDomains(parts: readonly Uint32Array[], source: OrderSource): Uint32Array[] {
  const byFirst = [...source.groups].sort((a, b) => a.first - b.first);
  const domains = new Map<string, number[]>();
  for (const id of concat(parts).sort()) {
    while (id >= byFirst[0]!.first + byFirst[0]!.count) byFirst.shift();
    const { domain } = byFirst[0]!;
    const ids = domains.get(domain);
    if (ids) ids.push(id);
    else domains.set(domain, [id]);
  }
  return [...domains]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, ids]) => Uint32Array.from(ids).sort((a, b) => source.score(a) - source.score(b) || a - b));
}

/** Merges ranked lists by normalised rank, so that every stretch of the result has each list in proportion. */
function interleave(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length === 1) return lists[0]!;
  const entries = lists.flatMap((list, domain) =>
    Array.from(list, (id, rank) => ({ id, domain, place: (2 * rank + 1) / (2 * list.length) })),
  );
  entries.sort((a, b) => a.place - b.place || a.domain - b.domain);
  return Uint32Array.from(entries, ({ id }) => id);
}

/** Deals every list to `folds` stages: of each `folds` neighbours in rank, one goes to each stage at random. */
function fold(lists: readonly Uint32Array[], folds: number, random: RandomStream): Uint32Array[][] {
  const stages = Array.from({ length: folds }, () => lists.map((): number[] => []));
  lists.forEach((list, domain) => {
    for (let start = 0; start < list.length; start += folds) {
      const stageOf = random.shuffle(Array.from({ length: folds }, (_, index) => index));
      for (const [index, id] of list.subarray(start, start + folds).entries())
        stages[stageOf[index]!]![domain]!.push(id);
    }
  });
  return stages.map((stage) => stage.map((ids) => Uint32Array.from(ids)));
}

/** Bucket k has the k-th slice of every list. */
function cut(lists: readonly Uint32Array[], buckets: number): Uint32Array[] {
  const edge = (list: Uint32Array, k: number) => Math.floor((k * list.length) / buckets);
  return Array.from({ length: buckets }, (_, k) =>
    concat(lists.map((list) => list.subarray(edge(list, k), edge(list, k + 1)))),
  );
}

function direct(ids: Uint32Array, falling: boolean): Uint32Array {
  return falling ? ids.slice().reverse() : ids;
}

function concat(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
