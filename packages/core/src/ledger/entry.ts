/** One line of the ledger. */
import { type Digest, digestJson } from '../json.js';
import { isPlainObject } from '../plain-object.js';
import { type ExactCost, NO_COST } from './cost.js';
import type { Sourced } from './prices.js';

/**
 * Kind of a ledger entry.
 *
 * - `train`: a chunk of training between two stored states.
 * - `reuse`: a chunk that was already stored when another strategy needed it. It costs nothing; steps, tokens and FLOPs
 *   are those that were not trained.
 * - `evaluate`: an evaluation of a state.
 * - `charge`: a charge of a plugin.
 */
export type EntryKind = 'train' | 'reuse' | 'evaluate' | 'charge';

const KINDS: readonly string[] = ['train', 'reuse', 'evaluate', 'charge'] satisfies readonly EntryKind[];

export interface LedgerEntry {
  readonly kind: EntryKind;
  /** Unique in its ledger. */
  readonly id: Digest;
  /** Keys of the states before and after; an evaluation has only `to`, a charge neither. */
  readonly from: Digest;
  readonly to: Digest;
  /** Key of the root of the lineage, and steps from the root to `to`. */
  readonly root: Digest;
  readonly at: number;
  readonly steps: number;
  /** Tokens trained on; for an evaluation, tokens read. */
  readonly tokens: number;
  /** Exact integer in decimal, so that sums stay exact beyond 2^53. */
  readonly flops: string;
  readonly device: string;
  /** Rounded to microseconds. */
  readonly deviceSeconds: number;
  /** Rounded to millijoules; null when the price table has no power for the device. */
  readonly energyJoules: number | null;
  /** Rounded to a billionth of the currency; null without a price. */
  readonly money: number | null;
  /** ISO 4217. */
  readonly currency: string;
  /** For all busy units of the device, with source and date. */
  readonly price: (Sourced & { readonly perHour: number }) | null;
  readonly power: (Sourced & { readonly watts: number }) | null;
  /** Strategies that needed it when it was booked. */
  readonly requestedBy: readonly string[];
  /** Seed of the state; for a charge, the first seed that made it. Absent in ledgers of 0.1.0. */
  readonly seed?: number;
  /** Time of booking, ISO 8601. */
  readonly time: string;
  /** For a charge: the plugin, the version and the purpose. */
  readonly plugin?: string;
  readonly version?: number;
  readonly note?: string;
}

/** Entry id of the evaluation of a state on a set. */
export const evaluationId = (state: Digest, set: Digest): Digest => digestJson({ evaluate: state, set });

/**
 * Entry id of a charge. Equal charges of other runs and other seeds have the same id; another amount gives another id.
 */
export function chargeId(strategy: string, charge: PluginCharge): Digest {
  const { what, plugin, version, tokens, flops } = charge;
  return digestJson({ charge: what, plugin, version, strategy, tokens, flops });
}

/**
 * A cost that a plugin causes outside of training, booked to one version. Charges that differ in any field are separate
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

/** The cost of an entry. Reuse costs nothing; an evaluation trains on no tokens. */
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

/** A number as an integer count of 10^-decimals. Digits beyond float64 precision are zeros. */
function scaled(value: number, decimals: number): bigint {
  const whole = Math.trunc(value);
  return BigInt(whole) * 10n ** BigInt(decimals) + BigInt(Math.round((value - whole) * 10 ** decimals));
}

/** Says why a value is not a valid entry; undefined when it is. */
export function wrongInEntry(value: unknown): string | undefined {
  if (!isPlainObject(value)) return 'is not a ledger entry';
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
