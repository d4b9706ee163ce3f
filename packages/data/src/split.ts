import { type Digest, digestBytes, type Problem, RandomStream } from '@branchline/core';
import type { StoredDocument, StoredText } from './documents.js';
import { some } from './errors.js';
import { byText } from './files.js';
import type { DataSettings } from './schema.js';
import type { ResolvedSource } from './sources.js';

/** Training text, or text kept for evaluation. */
export type Split = 'train' | 'held-out';

/** A piece with everything that was decided about it. */
export interface Placed {
  /** Of the text as it was found. */
  readonly digest: Digest;
  /** What is packed. */
  readonly piece: StoredText;
  readonly document: StoredDocument;
  readonly split: Split;
  /** From 0, in order of arrival. */
  readonly version: number;
  readonly score?: number;
}

/** Names of the versions, and which one a document belongs to; undefined when versions are dealt at random. */
export interface Versioning {
  readonly names: readonly string[];
  readonly versionOf?: (document: StoredDocument) => number;
}

/** Versions by configuration: from a field, from sources, or `count` of them to be dealt. */
export function versioning(
  documents: readonly StoredDocument[],
  sources: readonly ResolvedSource[],
  settings: DataSettings,
  problems: Problem[],
): Versioning {
  const { versions } = settings;
  if (versions.by === 'random')
    return { names: Array.from({ length: versions.count }, (_, index) => String(index + 1)) };
  if (versions.by === 'source')
    return { names: sources.map(({ name }) => name), versionOf: (document) => document.source };
  if (versions.by === 'domain') return byDomain(documents, versions, settings.seed, problems);
  const values = [...new Set(documents.map(({ version }) => version ?? ''))];
  const numeric = values.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  const names =
    versions.order ?? values.sort((a, b) => (numeric ? Number(a) - Number(b) || byText(a, b) : byText(a, b)));
  const unlisted = values.filter((value) => !names.includes(value));
  if (unlisted.length > 0) problems.push(unlistedProblem(unlisted, 'value of versionField'));
  const positions = new Map(names.map((name, index) => [name, index]));
  return { names, versionOf: (document) => positions.get(document.version ?? '') ?? 0 };
}

/** Versions of other domains each; `mix` of the documents of a domain come in other versions than its own. */
function byDomain(
  documents: readonly StoredDocument[],
  { order, mix }: Extract<DataSettings['versions'], { by: 'domain' }>,
  seed: number,
  problems: Problem[],
): Versioning {
  const domains = [...new Set(documents.map(({ domain }) => domain))].sort(byText);
  const versions = (order ?? domains).map((one) => (typeof one === 'string' ? [one] : one));
  const unlisted = domains.filter((domain) => !versions.flat().includes(domain));
  if (unlisted.length > 0) problems.push(unlistedProblem(unlisted, 'domain'));
  const homes = new Map(versions.flatMap((list, index) => list.map((domain) => [domain, index] as const)));
  const others = versions.length - 1;
  const versionOf = ({ domain, digest }: StoredDocument) => {
    const home = homes.get(domain) ?? 0;
    if (mix === 0 || others === 0) return home;
    const random = new RandomStream(seed, `mix ${digest}`);
    if (random.uniform() >= mix) return home;
    const other = random.below(others);
    return other < home ? other : other + 1;
  };
  return { names: versions.map((list) => list.join(' + ')), versionOf };
}

function unlistedProblem(unlisted: string[], what: string): Problem {
  return {
    configPath: 'data.versions.order',
    message: `does not list ${some(unlisted.sort(byText))}, which ${unlisted.length === 1 ? 'is' : 'are'} in the data`,
    remedy: `List every ${what}, or leave order out.`,
  };
}

/** More held-out text than this many times what is evaluated would only be lost to training. */
const HELD_OUT_RESERVE = 8;

/**
 * Decides for each document whether it is held out, and for each of its pieces which version it belongs to. A document
 * is held out as a whole, by a digest of its text and the seed: neither reading order nor the length of the list
 * of sources matters, and no part of it is trained on in any version. A piece that other documents share with a
 * held-out one, such as the beginning of two releases of a long text, is not trained on either.
 */
export function place(
  documents: readonly StoredDocument[],
  { names, versionOf }: Versioning,
  settings: DataSettings,
  context: number,
): Placed[] {
  const rank = (purpose: string, digest: Digest) => digestBytes(`${settings.seed}\n${purpose}\n${digest}`);
  const keyOf = (document: StoredDocument) => `${versionOf?.(document) ?? ''}\n${document.domain}`;
  const groups = groupBy(documents, keyOf).map(([, group]) => {
    const fixed = versionOf?.(group[0]!);
    const count = fixed === undefined ? names.length : 1;
    const deal = (list: readonly Owned[], split: Split) =>
      fixed === undefined
        ? dealPieces(list, count, (digest) => rank(`version ${split}`, digest))
        : list.map(() => fixed);
    const ranked = group
      .map((document) => ({ document, rank: rank('held-out', document.digest) }))
      .sort((a, b) => byText(a.rank, b.rank))
      .map(({ document }) => document);
    const isEnough = (list: readonly Owned[], need: number) =>
      eachHas(list, deal(list, 'held-out'), count, fixed ?? 0, need);
    const taken = countHeldOut(ranked, count, settings.heldOut, context, isEnough);
    const heldOut = ranked.slice(0, taken).flatMap(piecesOf);
    return { deal, heldOut, train: ranked.slice(taken).flatMap(trainedPiecesOf) };
  });
  const kept = new Set(groups.flatMap(({ heldOut }) => heldOut.map(({ digest }) => digest)));
  const isTrained = ({ digest }: Owned) => settings.deduplicate === 'none' || !kept.has(digest);
  return groups.flatMap(({ deal, heldOut, train }) => {
    const put = (list: readonly Owned[], split: Split): Placed[] => {
      const versions = deal(list, split);
      return list.map((owned, index) => ({
        ...owned,
        split,
        version: versions[index]!,
        score: owned.piece.score ?? owned.document.score,
      }));
    };
    return [...put(heldOut, 'held-out'), ...put(train.filter(isTrained), 'train')];
  });
}

/** How many of a group's documents are held out, from the first on, for `count` versions. */
function countHeldOut(
  ranked: readonly StoredDocument[],
  count: number,
  { share, sequences }: DataSettings['heldOut'],
  context: number,
  isEnough: (heldOut: readonly Owned[], need: number) => boolean,
): number {
  const target = Math.round(ranked.length * share);
  // The share counts text too: a few short documents among long ones would be too little to measure on.
  const text = sum(ranked.flatMap((document) => document.pieces.map(({ clean }) => clean.tokens))) * share;
  const need = Math.max(context + 1, Math.min(sequences * context + 1, Math.floor(text / count)));
  const limit = HELD_OUT_RESERVE * count * sequences * context;
  const heldOut: Owned[] = [];
  let taken = 0;
  let tokens = 0;
  // A domain of a few documents gives at most half of them away.
  while (taken < Math.floor(ranked.length / 2) && tokens < limit) {
    if (taken >= target && tokens >= count * need && isEnough(heldOut, need)) break;
    const owned = piecesOf(ranked[taken++]!);
    heldOut.push(...owned);
    tokens += sum(owned.map(({ piece }) => piece.tokens));
  }
  return taken;
}

interface Owned {
  readonly digest: Digest;
  readonly piece: StoredText;
  readonly document: StoredDocument;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

function piecesOf(document: StoredDocument): Owned[] {
  return document.pieces.map(({ digest, clean }) => ({ digest, piece: clean, document }));
}

function trainedPiecesOf(document: StoredDocument): Owned[] {
  return document.pieces.map(({ digest, clean, corrupted = clean }) => ({ digest, piece: corrupted, document }));
}

/** Whether each of `count` versions from `first` on has at least `tokens` tokens. */
function eachHas(
  list: readonly Owned[],
  versions: readonly number[],
  count: number,
  first: number,
  tokens: number,
): boolean {
  const sums = new Array<number>(count).fill(0);
  list.forEach(({ piece }, index) => {
    sums[versions[index]! - first]! += piece.tokens;
  });
  return sums.every((sum) => sum >= tokens);
}

/**
 * Deals pieces to versions so that each has the same number of tokens: long pieces first, always to the version
 * that has least. Among pieces of similar length chance decides.
 */
function dealPieces(list: readonly Owned[], count: number, rankOf: (digest: Digest) => Digest): number[] {
  const sums = new Array<number>(count).fill(0);
  const versions = new Array<number>(list.length).fill(0);
  list
    .map(({ digest, piece }, index) => ({
      index,
      tokens: piece.tokens,
      size: Math.floor(Math.log2(piece.tokens)),
      rank: rankOf(digest),
    }))
    .sort((a, b) => b.size - a.size || byText(a.rank, b.rank) || a.index - b.index)
    .forEach(({ index, tokens }) => {
      let least = 0;
      for (let version = 1; version < count; version++) if (sums[version]! < sums[least]!) least = version;
      versions[index] = least;
      sums[least]! += tokens;
    });
  return versions;
}

/** Groups in the order of their keys. */
export function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups].sort(([a], [b]) => byText(a, b));
}
