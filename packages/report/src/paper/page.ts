/** The data of a paper page. All values and verdicts are computed before rendering. */
import type { ClaimResult, ComparisonResult } from '@branchline/evaluation';
import type { PaperFigure } from './figure.js';

/** A table of the results section. */
export interface PageTable {
  readonly title: string;
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A claim with its verdict. */
export interface PageClaim {
  readonly id: string;
  /** In words. */
  readonly claim: string;
  /** Its place in the paper. */
  readonly where: string;
  readonly verdict: 'holds' | 'fails' | 'undecided';
  readonly effect: number | null;
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Why it does not hold; null if it holds. */
  readonly reason: string | null;
  /** A note by the author of the reproduction. */
  readonly note: string | null;
  /** The result over seeds; null if nothing was estimated. */
  readonly measured: { readonly experiment: string; readonly result: ClaimResult } | null;
}

/** An experiment of the reproduction. */
export interface PageExperiment {
  readonly name: string;
  readonly strategies: number;
  readonly seeds: number;
  readonly parameters: number;
  readonly tokensTrained: number;
  readonly digest: string;
  /** Strategies without results, with the reason. */
  readonly failures: readonly { readonly strategies: readonly string[]; readonly message: string }[];
  /** The rule and its registration; null without a rule. */
  readonly comparison: Pick<ComparisonResult, 'rule' | 'digest' | 'registration'> | null;
  /** Path of its report, relative to the page; absent without a report. */
  readonly report?: string;
}

/** The results section of a reproduction. */
export interface PaperPage {
  readonly paper: string;
  /** Authors, title, venue and arXiv number. */
  readonly source: string;
  readonly setting: string;
  readonly command: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** The first is the headline figure. */
  readonly figures: readonly PaperFigure[];
  readonly tables: readonly PageTable[];
  readonly claims: readonly PageClaim[];
  readonly experiments: readonly PageExperiment[];
}
