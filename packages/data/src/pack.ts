import type { Problem } from '@branchline/core';
import { apportion, spread } from './apportion.js';
import { some } from './errors.js';
import { byText } from './files.js';
import type { DataSettings } from './schema.js';
import { groupBy, type Placed, type Split } from './split.js';
import type { Spool } from './spool.js';
import type { Tokenizer } from './tokenizers/tokenizer.js';

/** The sequences of one split, version and domain: which pieces they are cut from, and which of them are kept. */
export interface PackGroup {
  readonly split: Split;
  /** From 0. */
  readonly version: number;
  readonly domain: string;
  /** By score, then digest. */
  readonly pieces: readonly Placed[];
  /** Sequences that the pieces give. */
  readonly available: number;
  /** Which of them are written, ascending. */
  readonly chosen: Uint32Array;
}

/** Decides which sequences there will be, in the order of their ids: training first, then by version and domain. */
export function planPacking(
  placed: readonly Placed[],
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
): PackGroup[] {
  const groups = groupBy(placed, ({ split, version, document }) => keyOf(split, version, document.domain)).map(
    ([, pieces]) => {
      const { split, version, document } = pieces[0]!;
      const tokens = pieces.reduce((sum, { piece }) => sum + piece.tokens, 0);
      return {
        split,
        version,
        domain: document.domain,
        pieces: pieces.sort(byScore),
        available: Math.max(0, Math.floor((tokens - 1) / context)),
      };
    },
  );
  groups.sort(
    (a, b) =>
      Number(a.split === 'held-out') - Number(b.split === 'held-out') ||
      a.version - b.version ||
      byText(a.domain, b.domain),
  );
  const train = groups.filter(({ split }) => split === 'train');
  const heldOut = groups.filter(({ split }) => split === 'held-out');
  checkHeldOut(placed, heldOut, names, settings, context, problems);
  const counts = capTraining(train, names, settings, context, problems);
  return [
    ...train.map((group, index) => ({ ...group, chosen: spread(group.available, counts[index]!) })),
    ...heldOut.map((group) => ({
      ...group,
      chosen: spread(group.available, Math.min(group.available, settings.heldOut.sequences)),
    })),
  ].filter(({ chosen }) => chosen.length > 0);
}

function keyOf(split: Split, version: number, domain: string): string {
  return `${split}\n${version}\n${domain}`;
}

/** Documents of like quality lie side by side, so that every sequence has one quality. */
function byScore(a: Placed, b: Placed): number {
  return (
    (a.score ?? 0) - (b.score ?? 0) ||
    byText(a.digest, b.digest) ||
    byText(a.document.domain, b.document.domain) ||
    byText(a.document.id, b.document.id) ||
    a.piece.offset - b.piece.offset
  );
}

type Counted = Omit<PackGroup, 'chosen'>;

/** Training sequences of each group: all, or exactly floor(tokens / context) of each version. */
function capTraining(
  groups: readonly Counted[],
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
): number[] {
  const available = groups.map((group) => group.available);
  const perVersion = names.map((_, version) =>
    groups.reduce((sum, group) => sum + (group.version === version ? group.available : 0), 0),
  );
  const { tokens } = settings.versions;
  const wanted = tokens === undefined ? 1 : Math.floor(tokens / context);
  const short = names.flatMap((name, version) =>
    perVersion[version]! < wanted ? [`version ${name} has ${perVersion[version]! * context}`] : [],
  );
  if (tokens !== undefined && wanted === 0)
    problems.push({
      configPath: 'data.versions.tokens',
      message: `${tokens} tokens are less than one sequence of ${context}`,
      remedy: `Ask for at least ${context} tokens, or make the model's context shorter.`,
    });
  else if (short.length > 0)
    problems.push({
      configPath: tokens === undefined ? 'data.versions' : 'data.versions.tokens',
      message: `too little text for ${wanted * context} training tokens in each version: ${some(short, 10)}`,
      remedy: `${
        tokens === undefined
          ? 'Add text, ask for fewer versions'
          : `Ask for at most ${Math.min(...perVersion) * context}`
      }, add sources (of a lock file, raise bytesPerDomain), or lower heldOut.`,
    });
  if (tokens === undefined || problems.length > 0) return available;

  const counts = available.map(() => 0);
  // Versions dealt at random have the same shares of domains, down to a sequence.
  const pooled = (domain: string) =>
    groups.reduce((sum, group) => sum + (group.domain === domain ? group.available : 0), 0);
  for (let version = 0; version < names.length; version++) {
    const members = groups.map((_, index) => index).filter((index) => groups[index]!.version === version);
    const capacities = members.map((index) => available[index]!);
    const weights =
      settings.versions.by === 'random' ? members.map((index) => pooled(groups[index]!.domain)) : capacities;
    apportion(wanted, weights, capacities).forEach((count, position) => {
      counts[members[position]!] = count;
    });
  }
  return counts;
}

/** Every version with text must have some of it held out. That a version has no text is told elsewhere. */
function checkHeldOut(
  placed: readonly Placed[],
  groups: readonly Counted[],
  names: readonly string[],
  settings: DataSettings,
  context: number,
  problems: Problem[],
): void {
  const filled = new Set(placed.map(({ version }) => version));
  const without = names.filter(
    (_, version) => filled.has(version) && !groups.some((group) => group.version === version && group.available > 0),
  );
  if (without.length === 0) return;
  const documents = new Set(placed.map(({ document }) => document)).size;
  problems.push({
    configPath: 'data.heldOut',
    message: `no held-out sequence of ${context} tokens for version ${some(without)} (share ${settings.heldOut.share}, ${documents} ${documents === 1 ? 'document' : 'documents'})`,
    remedy:
      'A document is held out as a whole, and at most half of those of a domain: add documents, split long ones ' +
      "into several, raise heldOut.share, or make the model's context shorter.",
  });
}

/** A sequence ready to be written. The array is used again for the next one. */
export interface PackedSequence {
  readonly tokens: Uint32Array;
  /** Mean score of the tokens it trains on. */
  readonly score: number;
  /** Bytes of text behind the tokens it trains on. */
  readonly bytes: number;
}

/**
 * Concatenates the pieces of a group and cuts them into sequences of `context + 1` tokens with stride `context`: the
 * last token of one is the first of the next, so that every token but the first is predicted once.
 */
export function* packGroup(
  group: PackGroup,
  spool: Spool,
  tokenizer: Tokenizer,
  context: number,
): Generator<PackedSequence> {
  const tokens = new Uint32Array(context + 1);
  let textBytes = 0;
  const bytesOf = (source: Uint32Array, from: number, to: number): number => {
    if (!tokenizer.byteLength)
      return spreadOver(source.length - 1, textBytes, to) - spreadOver(source.length - 1, textBytes, from);
    let sum = 0;
    for (let i = from; i < to; i++) sum += tokenizer.byteLength(source[i]!);
    return sum;
  };
  let filled = 0;
  let position = 0;
  let next = 0;
  let score = 0;
  let bytes = 0;
  for (const placed of group.pieces) {
    if (next === group.chosen.length) return;
    const source = spool.read(placed.piece.offset, placed.piece.tokens);
    textBytes = placed.piece.bytes;
    for (let start = 0; start < source.length; ) {
      const count = Math.min(source.length - start, context + 1 - filled);
      // The first token of a sequence is context only: it is neither scored nor counted.
      const predicted = filled === 0 ? count - 1 : count;
      tokens.set(source.subarray(start, start + count), filled);
      score += (placed.score ?? 0) * predicted;
      bytes += bytesOf(source, start + count - predicted, start + count);
      start += count;
      filled += count;
      if (filled <= context) continue;
      if (group.chosen[next] === position) {
        next++;
        yield { tokens, score: score / context, bytes };
        if (next === group.chosen.length) return;
      }
      position++;
      tokens[0] = tokens[context]!;
      filled = 1;
      score = 0;
      bytes = 0;
    }
  }
}

/** Bytes of text before token `position`, where `bytes` are spread evenly over `tokens` and the end has none. */
function spreadOver(tokens: number, bytes: number, position: number): number {
  return tokens === 0 ? 0 : Math.floor((bytes * Math.min(position, tokens)) / tokens);
}
