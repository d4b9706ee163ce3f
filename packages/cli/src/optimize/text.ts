/** A search and its fronts as text. */
import {
  type Candidate,
  type FrontPoint,
  type LeftOutCandidates,
  type Optimization,
  type PlannedComparison,
  POWER,
  type SearchPlan,
  seedsFor,
} from '@branchline/api';
import { type Resource, showAmount } from '@branchline/core';
import { plural, showValue, whole } from '../ui/format.js';
import { predictedText } from '../ui/predicted-text.js';
import { printable, printableAll } from '../ui/printable.js';
import { costCells, costHeader } from '../ui/scale-text.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';

/** Rows of a front that are shown; `--json` has all. */
const SHOWN = 12;

/** The experiment that was written. */
export interface Written {
  readonly file: string;
  readonly experiment: Readonly<Record<string, unknown>>;
}

/** What is going to be evaluated, before it starts. */
export function startText({ evaluations, exhaustive, strategies }: SearchPlan): string {
  const lines = strategies.map(({ strategy, options, method, evaluations: own }) => {
    if (method === 'none') return `  ${printable(strategy)}: as it is`;
    const varied = options.map(({ name, values, first, last }) => `${name} ${first} to ${last} (${values} values)`);
    const how = method === 'all' ? `all ${whole(own)} combinations` : `${whole(own)} points of a Halton sequence`;
    return `  ${printable(strategy)}: ${how} of ${printable(varied.join(', '))}`;
  });
  const rest = exhaustive ? '' : ', the rest of them neighbours of the best';
  return [
    `${exhaustive ? '' : 'at most '}${plural(evaluations, 'candidate')} to plan and predict${rest}`,
    ...lines,
  ].join('\n');
}

/** The fronts, what was left out, and what it takes to decide the rest. */
export function optimizationText(found: Optimization, style: Style): string {
  const shown = printableAll(found);
  const { fronts, predicted, evaluations, candidates, interrupted, leftOut, comparisons, assumptions } = shown;
  const same =
    fronts.last.length === fronts.mean.length &&
    fronts.last.every((one, i) => one.candidate.name === fronts.mean[i]!.candidate.name);
  return [
    [
      ...(interrupted ? [style.yellow('Interrupted: these are the fronts so far.')] : []),
      `${plural(evaluations, 'candidate')} planned, ${whole(candidates.length)} predicted${budgetText(shown)}`,
      `losses   ${predictedText(predicted)}`,
    ].join('\n'),
    frontText('Front of cost and loss of the last release', fronts.last, shown, style),
    ...(same
      ? ['The front of cost and mean loss over all releases has the same candidates.']
      : [frontText('Front of cost and mean loss over all releases', fronts.mean, shown, style)]),
    'A level begins with the cheapest candidate whose interval is apart from that of the first of the level before:\nwithin a level the law knows no reason to pay more. c: to confirm by training.',
    ...(comparisons.length === 0 ? [] : [comparisonsText(shown, style)]),
    ...(leftOut.length === 0 ? [] : [leftOutText(leftOut, style)]),
    ['Assumed:', ...assumptions.map((line) => `  ${line}`)].join('\n'),
  ].join('\n\n');
}

function budgetText({ budget, currency }: Optimization): string {
  const limits = Object.entries(budget as Readonly<Record<string, number>>).map(([resource, limit]) =>
    showAmount(resource as Resource, limit, currency),
  );
  return limits.length === 0 ? '' : `, within ${limits.join(', ')}`;
}

function frontText(title: string, front: readonly FrontPoint[], found: Optimization, style: Style): string {
  if (front.length === 0) return `${style.bold(title)}\n\n  no candidate: the law does not cover every release of any`;
  const { scale, currency } = found;
  const scaled = { scale: { ...(scale?.devices && { devices: scale.devices }) }, currency };
  const chosen = shownPoints(front);
  const baseline = found.candidates.find(({ name }) => name === found.baseline);
  const rows = chosen.map(({ candidate, loss, interval, level, toConfirm }) => [
    candidate.strategy,
    optionsText(candidate),
    baseline === undefined ? '' : (candidate.cost.steps / baseline.cost.steps).toFixed(2),
    ...costCells(candidate.cost, scaled),
    loss.toFixed(4),
    `[${interval.map((bound) => bound.toFixed(3)).join(', ')}]`,
    String(level),
    toConfirm ? 'c' : '',
  ]);
  const head = ['strategy', 'options', 'cost', ...costHeader(scaled), 'loss', '95%', 'level', ''];
  const hidden = front.length - chosen.length;
  return [
    style.bold(title),
    '',
    table(head, rows, style, head.map((_, column) => column).slice(2, -2), [1]),
    ...(hidden > 0 ? [style.dim(`  and ${plural(hidden, 'candidate')} between them: --json lists all`)] : []),
  ].join('\n');
}

/** All points that are to be confirmed, and evenly spaced others, in the order of the front. */
function shownPoints(front: readonly FrontPoint[]): readonly FrontPoint[] {
  if (front.length <= SHOWN) return front;
  const wanted = new Set(front.filter(({ toConfirm }) => toConfirm));
  const apart = (front.length - 1) / (SHOWN - 1);
  for (let index = 0; index < SHOWN && wanted.size < SHOWN; index++) wanted.add(front[Math.round(index * apart)]!);
  return front.filter((point) => wanted.has(point));
}

const optionsText = ({ options }: Candidate): string =>
  Object.entries(options)
    .map(([name, value]) => `${name.slice(name.indexOf('.') + 1)} ${showValue(value)}`)
    .join(', ');

function comparisonsText({ comparisons, deviation }: Optimization, style: Style): string {
  const known = deviation !== null;
  const rows = comparisons.map((one) => [
    `${one.better} - ${one.cheaper}`,
    one.of === 'last' ? 'last' : 'mean',
    one.difference.toFixed(4),
    one.distinguishable ? 'yes' : style.yellow('no'),
    ...(known ? [one.seeds === null ? 'more than 10,000' : whole(one.seeds)] : []),
    ...one.decidedBy.map((by) => by.deviation.toFixed(4)),
  ]);
  const head = [
    ...['comparison', 'release', 'difference', 'by the law'],
    ...(known ? ['seeds'] : []),
    ...seedsIn(comparisons).map((seeds) => `${seeds} seeds`),
  ];
  const level = POWER.alpha / comparisons.length;
  return [
    style.bold('To decide by training'),
    '',
    table(
      head,
      rows,
      style,
      head.map((_, column) => column).filter((column) => column === 2 || column > 3),
    ),
    '',
    `by the law: whether the intervals are apart. ${known ? `seeds: for a standard deviation of ${deviation} of the difference between seeds. ` : ''}3 seeds, ...: the largest standard deviation`,
    `of the difference between seeds at which so many decide it: |difference| · sqrt(n) / (t(1 - a/2, n - 1) + t(power, n - 1)),`,
    `a = ${level.toPrecision(2)} (${POWER.alpha} for all comparisons together), power ${POWER.power}: docs/optimize.md`,
    ...(known ? [] : ['With --deviation 0.004, or --deviation runs/<a run with seeds>, there is a number of seeds.']),
  ].join('\n');
}

const seedsIn = (comparisons: readonly PlannedComparison[]): readonly number[] =>
  comparisons[0]?.decidedBy.map(({ seeds }) => seeds) ?? [];

function leftOutText(leftOut: readonly LeftOutCandidates[], style: Style): string {
  const rows = leftOut.map(({ strategy, candidates, kind, reason }) => [strategy, whole(candidates), kind, reason]);
  return `${style.bold('Left out')}\n\n${table(['strategy', 'candidates', '', 'because of'], rows, style, [1], [3])}`;
}

/** The file that was written, and the command to run next. */
export function confirmText({ file, experiment }: Written, found: Optimization): string {
  const strategies = Object.keys(experiment.strategies as object).length;
  const seeds = seedsFor(found);
  const needed = found.comparisons.filter(({ distinguishable, seeds: own }) => !distinguishable && (own ?? 0) > seeds);
  return [
    `wrote ${printable(file)}: ${plural(strategies, 'strategy', 'strategies')} under ${plural(seeds, 'seed')}, with a claim for each comparison`,
    ...(needed.length > 0
      ? [`${plural(needed.length, 'comparison')} would need more seeds than that, and will hardly be decided`]
      : []),
    `what it costs: branchline plan ${printable(file)}; then: branchline bench ${printable(file)}`,
  ].join('\n');
}
