/** The comparison over several seeds: means with intervals, differences to the baseline, verdicts. */

import { describeQuantity, summarize, tInterval } from '@branchline/comparison';
import {
  type ClaimResult,
  type ComparisonResult,
  type ComparisonRule,
  hasDiverged,
  type IntervalResult,
  type Results,
  type StrategyResult,
} from '@branchline/evaluation';
import { compact, duration, percent, plural, short } from './format.js';
import { printable } from './printable.js';
import { shownNames } from './shown-rows.js';
import type { Style } from './style.js';
import { table } from './table.js';
import { versionLabels } from './version-label.js';

/** A row per strategy: cost, loss of every version, and the verdict against the baseline. */
export function seedsTable(results: Results, style: Style): string {
  const { baseline, comparison } = results;
  const { versions } = results.data;
  const confidence = comparison?.rule.confidence ?? 0.95;
  const names = [...new Set(results.strategies.map(({ name }) => name))];
  const lossOf = (runs: readonly StrategyResult[], index: number) =>
    runs.flatMap(({ releases }) => releases.filter(({ version }) => version === index).map(({ loss }) => loss));
  const runsOf = (name: string) => results.strategies.filter((strategy) => strategy.name === name);
  const least = versions.map(({ index }) =>
    Math.min(...names.map((name) => mean(lossOf(runsOf(name), index))).filter(Number.isFinite)),
  );
  const rows = shownNames(results).map((name) => {
    const runs = runsOf(name);
    const found = comparison?.comparisons.find(({ terms }) => terms[0]!.strategy === name);
    const losses = versions.map(({ index }, column) => {
      const values = lossOf(runs, index);
      if (values.length === 0) return '-';
      const text = plusMinus(values, confidence);
      if (values.some((loss) => hasDiverged(results, loss))) return style.red(`!${text}`);
      return mean(values) === least[column] ? style.bold(`*${text}`) : text;
    });
    const cost = (pick: (of: StrategyResult['cost']) => number) => mean(runs.map((run) => pick(run.cost)));
    const mark = name === baseline ? style.dim(' (baseline)') : '';
    return [
      `${printable(name)}${mark}`,
      cost(({ ratioToBaseline }) => ratioToBaseline ?? Number.NaN).toFixed(2),
      short(cost(({ standalone }) => standalone.tokens)),
      duration(cost(({ standalone }) => standalone.deviceSeconds)),
      ...losses,
      found === undefined ? '' : effectText(found),
      found === undefined ? '' : verdictText(found, style),
    ];
  });
  const labels = versionLabels(versions);
  const heads = versions.map(({ index }) => labels(index));
  const head = ['strategy', 'cost', 'tokens', 'device', ...heads, 'to baseline', 'verdict'];
  const numbers = head.map((_, index) => index).slice(1, -1);
  return table(head, rows, style, numbers, [head.length - 1]);
}

/** Notes: the meaning of columns and verdicts, and when the rule was registered. */
export function seedsNotes({ baseline, seeds, comparison }: Results): string {
  const lines = [
    `Means over ${plural(seeds.length, 'seed')} (${seeds.join(', ')}), each mean with its ${percent(comparison?.rule.confidence ?? 0.95)} interval; * is the lowest. Cost: tokens over those of ${printable(baseline)}.`,
  ];
  if (comparison !== null) lines.push(ruleText(comparison, baseline), registrationText(comparison));
  return lines.join('\n');
}

/** The claims of the rule, one line each. */
export function claimsTable({ claims }: ComparisonResult, style: Style): string {
  const rows = claims.map((claim) => [
    verdictText(claim, style),
    printable(claim.id),
    effectText(claim),
    printable(claim.claim),
  ]);
  return table(['verdict', 'claim', 'effect', ''], rows, style, [], [0, 2, 3]);
}

/** `-0.0310 [-0.0396, -0.0224]`. */
function effectText({ effect, interval }: ClaimResult): string {
  if (effect === null) return '-';
  const digits = digitsOf(interval ?? { low: effect, high: effect });
  const show = (value: number) =>
    Object.is(Number(value.toFixed(digits)), -0) ? (0).toFixed(digits) : value.toFixed(digits);
  const range = interval === null ? '' : ` [${show(interval.low)}, ${show(interval.high)}]`;
  return `${effect > 0 ? '+' : ''}${show(effect)}${range}`;
}

/** Decimals that distinguish the ends of an interval; four for losses. */
function digitsOf({ low, high }: Pick<IntervalResult, 'low' | 'high'>): number {
  const size = Math.max(Math.abs(low), Math.abs(high));
  return size >= 1000 ? 0 : size >= 10 ? 2 : 4;
}

function verdictText({ verdict, reason }: ClaimResult, style: Style): string {
  const colour = { better: style.green, holds: style.green, worse: style.red, fails: style.red };
  const paint = verdict in colour ? colour[verdict as keyof typeof colour] : (text: string) => text;
  return reason === null ? paint(verdict) : `${verdict}: ${printable(reason)}`;
}

/** The rule on one line, before the run. */
export function describeRule(rule: ComparisonRule, baseline: string): string {
  const { margin, confidence, correction, claims } = rule;
  return [
    `${describeQuantity(rule)} against ${baseline}`,
    ...(margin === null ? [] : [`margin ${compact(margin)}`]),
    `${percent(confidence)} confidence, ${correction === 'holm' ? 'Holm' : 'Bonferroni'}`,
    ...(claims.length === 0 ? [] : [`claims: ${claims.map(({ id }) => id).join(', ')}`]),
  ].join('; ');
}

/** The rule as a sentence. */
export function ruleText({ rule, comparisons, claims }: ComparisonResult, baseline: string): string {
  const { margin, confidence, correction } = rule;
  const equivalent =
    margin === null ? 'without a margin nothing is called equivalent' : `equivalent within ${compact(margin)}`;
  const families = [
    ...(comparisons.length > 1 ? [plural(comparisons.length, 'comparison')] : []),
    ...(claims.length > 1 ? [plural(claims.length, 'claim')] : []),
  ].join(' and apart for ');
  const corrected =
    families === '' ? '' : `, corrected for ${families} by ${correction === 'holm' ? 'Holm' : 'Bonferroni'}`;
  return `To baseline: ${printable(describeQuantity(rule))} less that of ${printable(baseline)} under the same seed, with its interval; ${percent(confidence)} confidence${corrected}; ${equivalent}.`;
}

/** When the rule was registered, and how many results existed then. */
export function registrationText({ registration }: ComparisonResult): string {
  const { time, releases, of, others } = registration;
  const when = `${time.slice(0, 16).replace('T', ' ')} UTC`;
  const first =
    releases === 0
      ? `The rule was fixed ${when}, before the first release was evaluated.`
      : `The rule was fixed ${when}, after ${releases} of ${of} releases had been evaluated.`;
  const more = others.map(
    (other) =>
      `Another ${other.differs.join(' and other ')} had been fixed ${other.time.slice(0, 16).replace('T', ' ')} UTC with ${other.releases} of ${other.of} releases evaluated.`,
  );
  return printable([first, ...more].join(' '));
}

/** `3.1234 ±0.0123`. */
export function plusMinus(values: readonly number[], confidence: number): string {
  const sample = summarize(values);
  const interval = tInterval(sample, confidence);
  return `${sample.mean.toFixed(4)}${interval === null ? '' : ` ±${(interval.high - sample.mean).toFixed(4)}`}`;
}

/** NaN of no values. */
export const mean = (values: readonly number[]) => (values.length === 0 ? Number.NaN : summarize(values).mean);
