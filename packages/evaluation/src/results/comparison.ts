/**
 * Comparison of strategies over seeds: the rule that is fixed before a run, and the verdicts. Types only: the
 * statistics are provided by the code that composes an experiment, as a `Judge`.
 */
import type { Digest } from '@branchline/core';
import type { TransferResult } from './transfer-result.js';

/**
 * A measured quantity of a release; lower is better for all of them.
 *
 * - `tokens`, `flops`: trained alone for all versions up to this one.
 * - `domain`: loss on the held-out text of one domain, over versions so far.
 * - `heldOut`: loss on the held-out text of one version, by its name; with `domain`, only on this domain of it.
 * - Forgetting and transfer: see {@link TransferResult}; not defined for a first release.
 * - `taskError`: 1 - accuracy on a task, by its name.
 * - `validation`: loss or bits per byte on a validation set, by its name.
 */
export type Metric =
  | 'loss'
  | 'bitsPerByte'
  | 'tokens'
  | 'flops'
  | keyof TransferResult
  | { readonly domain: string }
  | { readonly heldOut: string }
  | { readonly domain: string; readonly heldOut: string }
  | { readonly taskError: string; readonly by: 'acc' | 'acc_norm' }
  | { readonly validation: string; readonly by: 'loss' | 'bitsPerByte' };

/** A release, the mean over all versions, or the least-squares slope over versions, per version. */
export type VersionChoice = 'last' | 'mean' | 'slope' | number;

/** What a claim says about its effect. */
export type Expectation = '> 0' | '< 0' | '~ 0' | '> margin' | '< -margin' | '>= -margin' | '<= margin';

/** A weighted measurement of one strategy in a claim. */
export interface ClaimTerm {
  readonly strategy: string;
  readonly weight: number;
  readonly metric: Metric;
  readonly version: VersionChoice;
}

/** A claim: a linear combination of measurements, computed under every seed, is as expected. */
export interface Claim {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  readonly terms: readonly ClaimTerm[];
  readonly expect: Expectation;
  /** In the unit of the effect; null when `expect` uses no margin. */
  readonly margin: number | null;
}

/** Everything that determines verdicts besides the measurements. */
export interface ComparisonRule {
  /** For the comparisons of every strategy with the baseline. */
  readonly metric: Metric;
  readonly version: VersionChoice;
  /** The smallest relevant difference in those comparisons; null: no verdict is `equivalent`. */
  readonly margin: number | null;
  /** 1 - the error level of a family of claims, e.g. 0.95. */
  readonly confidence: number;
  /** Multiple-testing correction within a family of claims. */
  readonly correction: 'holm' | 'bonferroni';
  readonly claims: readonly Claim[];
}

/** A confidence interval of the mean over seeds. */
export interface IntervalResult {
  readonly low: number;
  readonly high: number;
  /** After correction; higher than the rule's confidence when there are several claims. */
  readonly confidence: number;
}

/** Result of a claim, or of a comparison with the baseline. */
export interface ClaimResult {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  /** Null for a comparison, which tests the direction. */
  readonly expect: Expectation | null;
  readonly terms: readonly ClaimTerm[];
  readonly margin: number | null;
  /** Seeds that the effect is computed over. */
  readonly seeds: readonly number[];
  /** The effect under each of these seeds. */
  readonly values: readonly number[];
  /** Mean of `values`; null when there are none. */
  readonly effect: number | null;
  /** Standard deviation over seeds; null with fewer than two. */
  readonly deviation: number | null;
  /** Decides the direction: values outside of it are excluded. Null with fewer than two seeds. */
  readonly interval: IntervalResult | null;
  /** Interval of the two one-sided tests: equivalent when it is within the margin. */
  readonly equivalenceInterval: IntervalResult | null;
  /** Smallest error level at which the claim is decided, alone and with the correction of its family. */
  readonly p: number | null;
  readonly adjusted: number | null;
  /**
   * For a comparison: `better`, `worse` or `equivalent`. For a claim: `holds`, or `fails` when its opposite is
   * established.
   */
  readonly verdict: 'better' | 'worse' | 'equivalent' | 'holds' | 'fails' | 'undecided';
  /** Why it is undecided for reasons other than the measured values; null otherwise. */
  readonly reason: string | null;
}

/** Time of a registration, and the number of releases already evaluated then. */
export interface RegistrationEvent {
  /** ISO 8601. */
  readonly time: string;
  /** Releases of the plan evaluated at that time, and the total number of its releases. */
  readonly releases: number;
  readonly of: number;
}

/** Another rule registered in the same directory. */
export interface OtherRegistration extends RegistrationEvent {
  readonly digest: Digest;
  /** What differs from the rule in use. */
  readonly differs: readonly ('rule' | 'baseline' | 'seeds' | 'strategies')[];
}

/** All verdicts of a run. */
export interface ComparisonResult {
  readonly rule: ComparisonRule;
  /** Digest of the rule, the baseline, the seeds and the strategies. */
  readonly digest: Digest;
  readonly registration: RegistrationEvent & { readonly others: readonly OtherRegistration[] };
  /** Every strategy compared with the baseline; one family. */
  readonly comparisons: readonly ClaimResult[];
  /** The claims of the rule; another family. */
  readonly claims: readonly ClaimResult[];
}

/** The verdicts of a judge. */
export type Judgements = Pick<ComparisonResult, 'comparisons' | 'claims'>;
