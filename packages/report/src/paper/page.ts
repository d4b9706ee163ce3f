/** What a paper page is made of: everything is computed, and judged, before it is shown. */
import type { ClaimResult, ComparisonResult } from '@branchline/evaluation';
import type { PaperFigure } from './figure.js';

/** A table of the results section. */
export interface PageTable {
  readonly title: string;
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A claim with what came of it. */
export interface PageClaim {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  /** Where the paper says it. */
  readonly where: string;
  readonly verdict: 'holds' | 'fails' | 'undecided';
  readonly effect: number | null;
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Why it does not hold; null when it does. */
  readonly reason: string | null;
  /** What its author knows about it. */
  readonly note: string | null;
  /** What the seeds said; null where nothing was estimated. */
  readonly measured: { readonly experiment: string; readonly result: ClaimResult } | null;
}

/** An experiment that the page is about. */
export interface PageExperiment {
  readonly name: string;
  readonly strategies: number;
  readonly seeds: number;
  readonly parameters: number;
  readonly tokensTrained: number;
  readonly digest: string;
  /** Strategies that are not among the results, and why. */
  readonly failures: readonly { readonly strategies: readonly string[]; readonly message: string }[];
  /** When its rule was fixed; null without one. */
  readonly comparison: Pick<ComparisonResult, 'rule' | 'digest' | 'registration'> | null;
  /** Its own report, as a path from the page; absent: there is none. */
  readonly report?: string;
}

/** The results section of a reproduction. */
export interface PaperPage {
  readonly paper: string;
  /** Authors, title, place, number. */
  readonly source: string;
  readonly setting: string;
  readonly command: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** The first stands above all others. */
  readonly figures: readonly PaperFigure[];
  readonly tables: readonly PageTable[];
  readonly claims: readonly PageClaim[];
  readonly experiments: readonly PageExperiment[];
}
