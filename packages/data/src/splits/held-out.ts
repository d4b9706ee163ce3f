/** Chooses the documents that are held out. */
import type { Digest } from '@branchline/core';
import { type DuckDBConnection, listValue } from '@duckdb/node-api';
import type { DataSettings } from '../config/schema.js';
import { allRows, streamRows } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';
import type { Dealable } from './deal.js';

/** At most this many times the evaluated tokens are held out; more would only be lost for training. */
const HELD_OUT_RESERVE = 8;
/** A domain is small if its held-out share has fewer documents, or sequences in each version. */
const SMALL = 4;
/** More small domains than this are one group: rounding up for each would hold out far more than the share. */
const MANY_DOMAINS = 8;

/** SQL expressions over `pieces` that choosing needs. */
export interface Columns {
  /** Version index if versions arrive one after another; '0' if they are dealt at random. */
  readonly position: string;
  /** Order in which documents are held out. */
  readonly rank: string;
  /** Condition: pieces of documents that may be held out. */
  readonly candidate: string;
}

/** Documents that held-out text is chosen from: of one version, unless versions are random, and one or more domains. */
export interface Group {
  readonly arrival: number;
  readonly domains: readonly string[];
  readonly documents: number;
  /** Tokens of the clean text. */
  readonly tokens: number;
  /** Whether each version must get a held-out sequence from this group. */
  readonly required: boolean;
}

/** What choosing depends on. */
export interface Choosing {
  readonly columns: Columns;
  /** Number of versions that share the held-out text of a group. */
  readonly count: number;
  readonly heldOut: DataSettings['heldOut'];
  readonly context: number;
}

/** A piece of a held-out document. */
export interface HeldOutPiece extends Dealable {
  readonly piece: number;
  readonly domain: string;
}

interface Candidate {
  readonly document: number;
  readonly pieces: readonly HeldOutPiece[];
}

/**
 * The groups of a corpus, by version and domain. Small domains are one group if there are many of them, or if a
 * held-out sequence for each would be more than twice the share.
 *
 * @param kept SQL condition: pieces of documents that are not duplicates.
 */
export async function groupsOf(
  catalog: DuckDBConnection,
  kept: string,
  { columns, count, heldOut: { share }, context }: Choosing,
): Promise<readonly Group[]> {
  const rows = await allRows<[number, string, number, number]>(
    catalog,
    `SELECT ${columns.position} AS arrival, domain, (count(*) FILTER (WHERE part = 0))::DOUBLE, sum(tokens)::DOUBLE
     FROM pieces WHERE ${kept} GROUP BY arrival, domain`,
  );
  const single = rows.map(([arrival, domain, documents, tokens]) => ({
    ...{ arrival, domains: [domain], documents, tokens, required: true },
    isSmall: documents * share < SMALL || tokens * share < SMALL * count * (context + 1),
  }));
  const arrivals = [...new Set(single.map(({ arrival }) => arrival))].sort((a, b) => a - b);
  return arrivals.flatMap((arrival): readonly Group[] => {
    const own = single
      .filter((group) => group.arrival === arrival)
      .sort((a, b) => byText(a.domains[0]!, b.domains[0]!));
    const small = own.filter(({ isSmall }) => isSmall);
    const text = small.reduce((sum, { tokens }) => sum + tokens, 0);
    const isForced = small.length > 1 && small.length * count * (context + 1) > 2 * share * text;
    if (small.length <= MANY_DOMAINS && !isForced) return own;
    const large = own.filter(({ isSmall }) => !isSmall);
    return [
      ...large,
      {
        arrival,
        domains: small.flatMap(({ domains }) => domains),
        documents: small.reduce((sum, { documents }) => sum + documents, 0),
        tokens: text,
        required: large.length === 0,
      },
    ];
  });
}

/** Yields the documents of a group in the order in which they are held out, up to the largest possible number. */
async function* candidatesOf(
  catalog: DuckDBConnection,
  { arrival, domains, documents }: Group,
  { columns: { position, rank, candidate }, count, heldOut, context }: Choosing,
): AsyncGenerator<Candidate> {
  // At most half of the documents of a group are held out.
  const limit = Math.min(Math.floor(documents / 2), HELD_OUT_RESERVE * count * heldOut.sequences * context);
  const rows = streamRows(
    catalog,
    `SELECT document, piece, digest, tokens, pieces.domain FROM (
       SELECT document, ${rank} AS rank, source, id FROM pieces
       WHERE part = 0 AND ${position} = ? AND domain IN (SELECT unnest(?)) AND ${candidate}
       ORDER BY rank, source, id, document LIMIT ${limit}
     ) AS first JOIN pieces USING (document) ORDER BY rank, first.source, first.id, document, part`,
    [arrival, listValue([...domains])],
  );
  let current: { document: number; pieces: HeldOutPiece[] } | undefined;
  for await (const row of rows) {
    const [document, piece, digest, tokens, domain] = row as [number, number, Digest, number, string];
    if (current && current.document !== document) yield current;
    if (current?.document !== document) current = { document, pieces: [] };
    current.pieces.push({ piece, digest, tokens, domain });
  }
  if (current) yield current;
}

/**
 * Takes documents of a group in order until their text suffices for all versions.
 *
 * @param deal Version of each piece, from `group.arrival`.
 */
export async function chooseHeldOut(
  catalog: DuckDBConnection,
  group: Group,
  choosing: Choosing,
  deal: (pieces: readonly HeldOutPiece[]) => readonly number[],
): Promise<readonly Candidate[]> {
  const { count, context } = choosing;
  const { share, sequences } = choosing.heldOut;
  const target = Math.round(group.documents * share);
  // The share applies to tokens too: a few short documents would be too little text to evaluate on.
  const text = group.tokens * share;
  const least = group.required ? context + 1 : 0;
  const need = Math.max(least, Math.min(sequences * context + 1, Math.floor(text / count)));
  const limit = HELD_OUT_RESERVE * count * sequences * context;
  const taken: Candidate[] = [];
  const heldOut: HeldOutPiece[] = [];
  let tokens = 0;
  for await (const candidate of candidatesOf(catalog, group, choosing)) {
    const isEnough =
      taken.length >= target && tokens >= count * need && eachHas(heldOut, deal(heldOut), group.arrival, count, need);
    if (tokens >= limit || isEnough) break;
    taken.push(candidate);
    heldOut.push(...candidate.pieces);
    tokens += candidate.pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  }
  return taken;
}

/** Whether each of the `count` versions starting at `first` has at least `tokens` tokens. */
function eachHas(
  pieces: readonly HeldOutPiece[],
  versions: readonly number[],
  first: number,
  count: number,
  tokens: number,
): boolean {
  const sums = new Array<number>(count).fill(0);
  pieces.forEach((piece, index) => {
    sums[versions[index]! - first]! += piece.tokens;
  });
  return sums.every((sum) => sum >= tokens);
}
