import { BranchlineError, type OrderBy, type OrderRequest, RandomStream } from '@branchline/core';
import { byText } from '../storage/files.js';
import { apportion } from './apportion.js';

/** Training sequences of one version and domain: ids from `first`. */
export interface OrderGroup {
  /** From 1. */
  readonly version: number;
  readonly domain: string;
  readonly first: number;
  readonly count: number;
}

/** The corpus data that orders are computed from. */
export interface OrderSource {
  /** Ascending by `first`. */
  readonly groups: readonly OrderGroup[];
  readonly scored: boolean;
  score(id: number): number;
}

const bad = (message: string, remedy: string) => new BranchlineError('plan', { message, remedy });

/** Selects the ids of a request, in no particular order. */
export function selectIds({ parts, seed }: OrderRequest, source: OrderSource): Uint32Array {
  if (new Set(parts.map(({ version }) => version)).size < parts.length)
    throw bad('an order names a version twice', 'Name every version once.');
  return concat(
    parts.flatMap(({ version, sequences }) => {
      const groups = source.groups.filter((group) => group.version === version);
      const counts = groups.map(({ count }) => count);
      const available = counts.reduce((sum, count) => sum + count, 0);
      if (groups.length === 0)
        throw bad(`there is no version ${version}`, `Versions are 1 to ${source.groups.at(-1)?.version ?? 0}.`);
      if (sequences !== undefined && !(Number.isInteger(sequences) && sequences >= 0 && sequences <= available))
        throw bad(`version ${version} has ${available} training sequences, not ${sequences}`, 'Ask for fewer.');
      const taken = apportion(sequences ?? available, counts, counts);
      return groups.map((group, index) => takeOf(group, taken[index]!, seed, source));
    }),
  );
}

/** Stratified sample by score: ranks are cut into `count` ranges and one id is drawn from each. */
function takeOf(group: OrderGroup, count: number, seed: number, source: OrderSource): Uint32Array {
  const ids = idsOf(group);
  if (count === ids.length) return ids;
  rank(ids, source);
  const random = new RandomStream(seed, `order part ${group.version} ${group.domain}`);
  const edge = (range: number) => Math.floor((range * ids.length) / count);
  return Uint32Array.from({ length: count }, (_, k) => ids[edge(k) + random.below(edge(k + 1) - edge(k))]!);
}

/**
 * Orders training sequences. The result does not depend on the order of `ids`.
 *
 * `shuffled`: random, with every version spread evenly over the order.
 * `ascending`, `descending`: by score within each domain; domains are interleaved by normalised rank.
 * `folded`: stages, each a stratified random sample of everything, sorted within.
 * `interleaved`: each domain is cut into buckets by rank; bucket k has slice k of every domain, shuffled.
 * `finish`: ends like `ascending`; the others come before, in the relative order of `shuffled`.
 *
 * With `domains: 'together'`, all sequences are ranked by score as if they were of one domain.
 */
export function arrange(ids: Uint32Array, order: OrderBy, seed: number, source: OrderSource): Uint32Array {
  if (order.by !== 'shuffled' && !source.scored)
    throw new BranchlineError('config', {
      configPath: 'data.score',
      message: `the order "${order.by}" sorts by score, but this corpus has no scores`,
      remedy: 'Set data.score to "diversity" or another score, or name a scoreField in the sources.',
    });
  const count = order.by === 'folded' ? order.folds : order.by === 'interleaved' ? order.buckets : 1;
  if (!Number.isInteger(count) || count < 1)
    throw bad(
      `${count} is not a valid number of ${order.by === 'folded' ? 'folds' : 'buckets'}`,
      'Use a whole number above 0.',
    );
  if (order.by === 'finish' && !(order.best > 0 && order.best < 1))
    throw bad(`${order.best} is not a valid share of the best sequences`, 'Use a share above 0 and below 1.');
  // One byte per sequence; a Set would need many times the memory.
  const wanted = new Uint8Array(source.groups.reduce((end, group) => Math.max(end, group.first + group.count), 0));
  for (const id of ids) wanted[id] = 1;
  const isWanted = (id: number) => wanted[id] === 1;
  const groups = source.groups
    .map((group) => ({ ...group, ids: idsOf(group).filter(isWanted) }))
    .filter((group) => group.ids.length > 0);
  if (groups.reduce((sum, group) => sum + group.ids.length, 0) < ids.length)
    throw new RangeError('only training sequences can be ordered, and each only once');

  const versions = [...new Set(groups.map(({ version }) => version))].sort((a, b) => a - b);
  const shuffled = () =>
    mix(
      versions.map((version) => shuffleVersion(version, seed, source).filter(isWanted)),
      versions,
      seed,
    );
  if (order.by === 'shuffled') return shuffled();
  const ranked = rankedLists(groups, order.domains === 'together', source);
  const random = new RandomStream(seed, `order ${order.by} ${versions.join(' ')}`);
  const falling = order.by === 'descending' || ('direction' in order && order.direction === 'descending');
  switch (order.by) {
    case 'folded':
      return concat(fold(ranked, count, random).map((stage) => direct(interleave(stage), falling)));
    case 'interleaved': {
      const buckets = cut(ranked, count);
      return concat((falling ? buckets.reverse() : buckets).map((bucket) => random.shuffle(bucket)));
    }
    case 'finish': {
      const rising = interleave(ranked);
      const best = rising.subarray(rising.length - Math.round(order.best * rising.length));
      const all = shuffled();
      for (const id of best) wanted[id] = 0;
      return concat([all.filter(isWanted), best]);
    }
    default:
      return direct(interleave(ranked), falling);
  }
}

/** The ids of each domain by ascending score, in the order of domain names; or those of all domains in one list. */
function rankedLists(
  groups: readonly (OrderGroup & { readonly ids: Uint32Array })[],
  together: boolean,
  source: OrderSource,
): readonly Uint32Array[] {
  if (together) return [rank(concat(groups.map(({ ids }) => ids)), source)];
  const domains = [...new Set(groups.map(({ domain }) => domain))].sort(byText);
  return domains.map((domain) =>
    rank(concat(groups.flatMap((group) => (group.domain === domain ? [group.ids] : []))), source),
  );
}

function idsOf({ first, count }: OrderGroup): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => first + index);
}

/** Sorts ids in place by ascending score. */
function rank(ids: Uint32Array, source: OrderSource): Uint32Array {
  return ids.sort((a, b) => source.score(a) - source.score(b) || a - b);
}

/** Shuffles all sequences of a version; a subset keeps the relative order of this permutation. */
function shuffleVersion(version: number, seed: number, source: OrderSource): Uint32Array {
  const ids = concat(source.groups.flatMap((group) => (group.version === version ? [idsOf(group)] : [])));
  return new RandomStream(seed, `order version ${version}`).shuffle(ids);
}

/** Merges shuffled parts so that each is spread evenly over the result and keeps its own order. */
function mix(parts: readonly Uint32Array[], versions: readonly number[], seed: number): Uint32Array {
  if (parts.length === 1) return parts[0]!;
  const ids = concat(parts);
  const places = new Float64Array(ids.length);
  let next = 0;
  parts.forEach((part, index) => {
    // One random position in each n-th of the order: even, without a period that could align with batches.
    const random = new RandomStream(seed, `order places ${versions[index]!}`);
    for (let position = 0; position < part.length; position++)
      places[next++] = (position + random.uniform()) / part.length;
  });
  const order = Uint32Array.from({ length: ids.length }, (_, index) => index);
  order.sort((a, b) => places[a]! - places[b]! || a - b);
  return order.map((index) => ids[index]!);
}

/** Merges ranked lists by normalised rank: every range of the result has the lists in proportion. */
function interleave(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length === 1) return lists[0]!;
  const merged = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  const ranks = lists.map(() => 0);
  const place = (list: number) => (2 * ranks[list]! + 1) / (2 * lists[list]!.length);
  for (let position = 0; position < merged.length; position++) {
    let first = -1;
    for (let list = 0; list < lists.length; list++)
      if (ranks[list]! < lists[list]!.length && (first < 0 || place(list) < place(first))) first = list;
    merged[position] = lists[first]![ranks[first]!++]!;
  }
  return merged;
}

/** Deals every list to `folds` stages: each run of `folds` ranks is assigned to the stages at random, one per stage. */
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
