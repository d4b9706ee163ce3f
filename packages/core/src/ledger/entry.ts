/** One line of the ledger. */
import { type Digest, digestJson } from '../json.js';
import { isPlainObject } from '../plain-object.js';
import { type ExactCost, NO_COST } from './cost.js';
import type { Sourced } from './prices.js';

/**
 * `train`: a stretch of training between two stored states. `reuse`: a stretch that was stored already when somebody
 * else needed it; costs nothing, and its steps, tokens and FLOPs are what was not trained. `evaluate`: a release on the
 * held-out text. `charge`: booked by a plugin.
 */
export type EntryKind = 'train' | 'reuse' | 'evaluate' | 'charge';

const KINDS: readonly string[] = ['train', 'reuse', 'evaluate', 'charge'] satisfies readonly EntryKind[];

export interface LedgerEntry {
  readonly kind: EntryKind;
  /** Of this entry; no two entries of a ledger share one. */
  readonly id: Digest;
  /** Keys of the states at both ends; `to` alone for an evaluation, neither for a charge. */
  readonly from: Digest;
  readonly to: Digest;
  /** Key of the root of the lineage, and steps from there to `to`. */
  readonly root: Digest;
  readonly at: number;
  readonly steps: number;
  /** Trained on; for an evaluation, read. */
  readonly tokens: number;
  /** Exact integer in decimal: sums stay exact beyond 2^53. */
  readonly flops: string;
  readonly device: string;
  /** To the microsecond. */
  readonly deviceSeconds: number;
  /** To the millijoule; null when the price table does not know what the device draws. */
  readonly energyJoules: number | null;
  /** To a billionth; null without a price. */
  readonly money: number | null;
  /** ISO 4217. */
  readonly currency: string;
  /** Of all busy units of the device, with source and date. */
  readonly price: (Sourced & { readonly perHour: number }) | null;
  readonly power: (Sourced & { readonly watts: number }) | null;
  /** Strategies whose plans needed it when it was booked. */
  readonly requestedBy: readonly string[];
  /** Of the state; for a charge, the first seed that made it. Absent in ledgers of 0.1.0. */
  readonly seed?: number;
  /** When it was booked, ISO 8601. */
  readonly time: string;
  /** Who made a charge, and what for. */
  readonly plugin?: string;
  readonly version?: number;
  readonly note?: string;
}

/** The id of the entry of an evaluation: of which state, on which set. */
export const evaluationId = (state: Digest, set: Digest): Digest => digestJson({ evaluate: state, set });

/**
 * The id of the entry of a charge. The same charge of another run, or of another seed, is the same entry; another
 * amount is another.
 */
export function chargeId(strategy: string, charge: PluginCharge): Digest {
  const { what, plugin, version, tokens, flops } = charge;
  return digestJson({ charge: what, plugin, version, strategy, tokens, flops });
}

/**
 * A cost that a plugin caused outside of training, booked to one version. Two charges that differ in any field are two
 * entries.
 */
export interface PluginCharge {
  readonly what: string;
  readonly plugin: string;
  readonly version: number;
  readonly tokens: number;
  readonly flops: number;
}

/** The amounts of an entry. */
export type Billed = Pick<
  LedgerEntry,
  'kind' | 'steps' | 'tokens' | 'flops' | 'deviceSeconds' | 'energyJoules' | 'money'
>;

/** What an entry cost. What was reused cost nothing; an evaluation trains on no tokens. */
export function costOfEntry(entry: Billed): ExactCost {
  const { kind, steps, tokens, flops, deviceSeconds, energyJoules, money } = entry;
  if (kind === 'reuse') return NO_COST;
  const microseconds = scaled(deviceSeconds, 6);
  return {
    steps: BigInt(steps),
    tokens: kind === 'evaluate' ? 0n : BigInt(tokens),
    flops: BigInt(flops),
    microseconds,
    millijoules: scaled(energyJoules ?? 0, 3),
    nanos: scaled(money ?? 0, 9),
    unmetered: energyJoules === null ? microseconds : 0n,
    unpriced: money === null ? microseconds : 0n,
  };
}

/** A number of so many decimals as a whole number of its last one. Digits beyond what a float64 holds are zeros. */
function scaled(value: number, decimals: number): bigint {
  const whole = Math.trunc(value);
  return BigInt(whole) * 10n ** BigInt(decimals) + BigInt(Math.round((value - whole) * 10 ** decimals));
}

/** What keeps a value from being an entry; undefined when nothing does. */
export function wrongInEntry(value: unknown): string | undefined {
  if (!isPlainObject(value)) return 'is no entry';
  const text = (name: string) => typeof value[name] === 'string';
  const amount = (name: string) => Number.isFinite(value[name]) && (value[name] as number) >= 0;
  const whole = (name: string) => Number.isSafeInteger(value[name]) && amount(name);
  const optional = (name: string, of: (name: string) => boolean) => value[name] === undefined || of(name);
  const orNull = (name: string, of: (name: string) => boolean) => value[name] === null || of(name);
  const fact = (name: string) => isPlainObject(value[name]);
  const checks: readonly (readonly [string, boolean])[] = [
    ['kind', KINDS.includes(value.kind as string)],
    ...['id', 'from', 'to', 'root', 'device', 'currency', 'time'].map((name) => [name, text(name)] as const),
    ...['at', 'steps', 'tokens'].map((name) => [name, whole(name)] as const),
    ['flops', text('flops') && /^\d{1,60}$/.test(value.flops as string)],
    ['deviceSeconds', amount('deviceSeconds')],
    ...['energyJoules', 'money'].map((name) => [name, orNull(name, amount)] as const),
    ...['price', 'power'].map((name) => [name, orNull(name, fact)] as const),
    ['requestedBy', Array.isArray(value.requestedBy) && value.requestedBy.every((name) => typeof name === 'string')],
    ...['plugin', 'note'].map((name) => [name, optional(name, text)] as const),
    ...['version', 'seed'].map((name) => [name, optional(name, whole)] as const),
  ];
  const wrong = checks.find(([, right]) => !right);
  return wrong && `has no valid "${wrong[0]}": it was written by another version of Branchline`;
}
