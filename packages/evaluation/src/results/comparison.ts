/**
 * How strategies are compared over seeds: the rule that is fixed before a run, and what came of it. Types alone: core
 * knows no statistics; who composes an experiment hands in the judge.
 */
import type { Digest } from '@branchline/core';
import type { TransferResult } from './transfer-result.js';

/**
 * What is measured of a release. `tokens` and `flops`: trained alone for all versions up to it. `domain`: loss on the
 * held-out text of one domain of the versions so far. `heldOut`: loss on the held-out text of one version, by its name;
 * with `domain`, on what that version has of it. Forgetting and transfer: {@link TransferResult}; a first release has
 * none. `taskError`: 1 - accuracy on a task, by its name. Of all of them less is better.
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
  | { readonly taskError: string; readonly by: 'acc' | 'acc_norm' };

/** Which release; or the mean over all versions; or the least-squares slope over them, per version. */
export type VersionChoice = 'last' | 'mean' | 'slope' | number;

/** What a claim says of its effect. */
export type Expectation = '> 0' | '< 0' | '~ 0' | '> margin' | '< -margin' | '>= -margin' | '<= margin';

/** One strategy in a claim. */
export interface ClaimTerm {
  readonly strategy: string;
  readonly weight: number;
  readonly metric: Metric;
  readonly version: VersionChoice;
}

/** A claim: a linear combination of what is measured, formed under every seed, is as expected. */
export interface Claim {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  readonly terms: readonly ClaimTerm[];
  readonly expect: Expectation;
  /** In the unit of the effect; null where `expect` names none. */
  readonly margin: number | null;
}

/** Everything that decides a verdict beside the measurements. */
export interface ComparisonRule {
  /** Of the comparisons of every strategy with the baseline. */
  readonly metric: Metric;
  readonly version: VersionChoice;
  /** The smallest difference that matters, of those comparisons; null: nothing is called equivalent. */
  readonly margin: number | null;
  /** 1 - the error level of a family of claims, e.g. 0.95. */
  readonly confidence: number;
  /** How that level is divided among the claims of a family. */
  readonly correction: 'holm' | 'bonferroni';
  readonly claims: readonly Claim[];
}

/** An interval of the mean over seeds. */
export interface IntervalResult {
  readonly low: number;
  readonly high: number;
  /** After the correction: above that of the rule when there are several claims. */
  readonly confidence: number;
}

/** What came of a claim, or of a comparison with the baseline. */
export interface ClaimResult {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  /** Null for a comparison, which asks for the direction. */
  readonly expect: Expectation | null;
  readonly terms: readonly ClaimTerm[];
  readonly margin: number | null;
  /** Those that are in it. */
  readonly seeds: readonly number[];
  /** The effect under each of them. */
  readonly values: readonly number[];
  /** Their mean; null without any. */
  readonly effect: number | null;
  /** Standard deviation over seeds; null with less than two. */
  readonly deviation: number | null;
  /** Decides the direction: a bound outside of it is excluded. Null with less than two seeds. */
  readonly interval: IntervalResult | null;
  /** Of the two one-sided tests: equivalent when it lies within the margin. */
  readonly equivalenceInterval: IntervalResult | null;
  /** The smallest error level at which it is decided, alone and as one of its family. */
  readonly p: number | null;
  readonly adjusted: number | null;
  /**
   * Of a comparison: `better`, `worse`, `equivalent`. Of a claim: `holds`, or `fails` when its opposite is established.
   */
  readonly verdict: 'better' | 'worse' | 'equivalent' | 'holds' | 'fails' | 'undecided';
  /** Why it cannot be decided, where that is not a matter of numbers. */
  readonly reason: string | null;
}

/** When a rule was written down in a run directory, and how many releases had been evaluated there by then. */
export interface RegistrationEvent {
  /** ISO 8601. */
  readonly time: string;
  /** Releases of the plan that were evaluated by then, of all. */
  readonly releases: number;
  readonly of: number;
}

/** A rule that was registered in the same directory beside the one that counts. */
export interface OtherRegistration extends RegistrationEvent {
  readonly digest: Digest;
  /** What is different in it. */
  readonly differs: readonly ('rule' | 'baseline' | 'seeds' | 'strategies')[];
}

/** All verdicts of a run. */
export interface ComparisonResult {
  readonly rule: ComparisonRule;
  /** Of the rule, the baseline, the seeds and the strategies. */
  readonly digest: Digest;
  readonly registration: RegistrationEvent & { readonly others: readonly OtherRegistration[] };
  /** Every strategy against the baseline: a family. */
  readonly comparisons: readonly ClaimResult[];
  /** The claims of the rule: another family. */
  readonly claims: readonly ClaimResult[];
}

/** What a judge makes of results. */
export type Judgements = Pick<ComparisonResult, 'comparisons' | 'claims'>;
