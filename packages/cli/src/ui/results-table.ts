import type { Cost } from '@branchline/core';
import { hasDiverged, type ReleaseResult, type Results } from '@branchline/evaluation';
import { compact, duration, percent, plural, quantity, short } from './format.js';
import { predictedText } from './predicted-text.js';
import { printable } from './printable.js';
import { claimsTable, seedsNotes, seedsTable } from './seeds-table.js';
import { leftOutNote, shownNames } from './shown-rows.js';
import type { Style } from './style.js';
import { table } from './table.js';
import { tasksTable } from './tasks-table.js';
import { validationTable } from './validation-table.js';
import { versionLabels } from './version-label.js';

/** The results as text: the table, the claims with their verdicts, and notes. */
export function resultsText(results: Results, style: Style): string {
  const { seeds, comparison } = results;
  const several = seeds.length > 1;
  const claims = comparison !== null && comparison.claims.length > 0 ? [claimsTable(comparison, style)] : [];
  const alone = several ? [] : [ONE_SEED];
  const notes = [...(several ? [seedsNotes(results)] : alone), resultsNotes(results)].join('\n');
  const losses = several ? seedsTable(results, style) : resultsTable(results, style);
  const more = [validationTable(results, style) ?? [], tasksTable(results, style) ?? []].flat();
  return [losses, ...more, ...claims, style.dim(notes)].flat().join('\n\n');
}

/** Shown instead of verdicts with one seed. */
const ONE_SEED = 'One seed: no interval, so no difference is decided. Verdicts need two seeds or more (--seeds 5).';

/**
 * The comparison with one seed: a row per strategy with its cost, and for each version its loss above its bits per
 * byte.
 */
export function resultsTable(results: Results, style: Style): string {
  const versions = results.data.versions;
  const best = new Map(
    versions.map(({ index }) => [
      index,
      Math.min(...results.strategies.map((strategy) => lossOf(strategy.releases, index))),
    ]),
  );
  const shown = shownNames(results);
  const isLong = shown.length < results.strategies.length;
  const byName = new Map(results.strategies.map((strategy) => [strategy.name, strategy]));
  const rows = shown.flatMap((name) => {
    const { cost, releases } = byName.get(name)!;
    const cells = versions.map(({ index }) => releases.find(({ version }) => version === index));
    const loss = cells.map((release) => {
      if (release === undefined) return '-';
      const text = release.loss.toFixed(4);
      if (hasDiverged(results, release.loss)) return style.red(`!${text}`);
      return release.loss === best.get(release.version) ? style.bold(`*${text}`) : text;
    });
    const bits = cells.map((release) => style.dim(release?.bitsPerByte.toFixed(4) ?? ''));
    const mark = name === results.baseline ? style.dim(' (baseline)') : '';
    return [
      [
        `${printable(name)}${mark}`,
        cost.ratioToBaseline?.toFixed(2) ?? '-',
        short(cost.standalone.tokens),
        duration(cost.standalone.deviceSeconds),
        ...loss,
      ],
      ...(isLong ? [] : [['', '', '', '', ...bits]]),
    ];
  });
  const labels = versionLabels(versions);
  const head = ['strategy', 'cost', 'tokens', 'device', ...versions.map(({ index }) => labels(index))];
  const columns = head.map((_, index) => index).slice(1);
  return table(head, rows, style, columns);
}

/** Three notes: the meaning of the columns, the savings of sharing, and the total cost. */
export function resultsNotes(results: Results): string {
  const { baseline, graph, actual, currency, strategies, seeds, data, trainer } = results;
  // Shares, not the actual cost: that is of all plans of the directory.
  const time = strategies.reduce(
    (sum, { cost }) => sum + cost.standalone.deviceSeconds - cost.attributed.deviceSeconds,
    0,
  );
  const saved = graph.tokensStandalone > 0 ? 1 - graph.tokensTrained / graph.tokensStandalone : 0;
  const left = leftOutNote(results);
  const bits = left.length > 0 ? '' : ' and bits per byte';
  const columns = `Cost: tokens over those of ${printable(baseline)}. Below each version: loss (nats per token on held-out text of all versions so far; * is the lowest)${bits}.`;
  return [
    ...left,
    ...(trainer.predicted === undefined ? [] : [`Losses are ${predictedText(trainer.predicted)}.`]),
    // Several seeds have separate notes.
    ...(seeds.length === 1 ? [columns] : []),
    ...(strategies.some(({ releases }) => releases.some(({ loss }) => hasDiverged(results, loss)))
      ? [
          `! marks a loss above ${data.uniformLoss!.toFixed(4)}, worse than guessing every token alike: training diverged.`,
        ]
      : []),
    ...measurementNotes(strategies),
    `These strategies took ${short(graph.tokensTrained)} tokens in ${plural(graph.segments, 'segment')}; apart, they would have needed ${short(graph.tokensStandalone)}: sharing saved ${percent(saved)}, ${duration(Math.max(0, time))} of device time.`,
    `Paid in this run directory so far, evaluations included: ${billOf(actual, currency)}.`,
  ].join('\n');
}

/** For each strategy that measured losses to decide branches, what share of its cost that was, over all seeds. */
function measurementNotes(strategies: Results['strategies']): readonly string[] {
  return [...new Set(strategies.map(({ name }) => name))].flatMap((of) => {
    const costs = strategies.flatMap(({ name, cost }) => (name === of ? [cost] : []));
    const measured = costs.reduce((sum, cost) => sum + (cost.measured?.flops ?? 0), 0);
    if (measured === 0) return [];
    const all = costs.reduce((sum, { standalone }) => sum + standalone.flops, 0);
    return [`${printable(of)}: ${percent(measured / all)} of its FLOPs measured losses, to decide branches.`];
  });
}

function billOf({ deviceSeconds, energyJoules, money }: Cost, currency: string): string {
  return [
    `${duration(deviceSeconds)} of device time`,
    ...(energyJoules === null ? [] : [quantity(energyJoules, 'J')]),
    money === null ? 'no price for this device' : `${compact(money)} ${currency} at list prices`,
  ].join(', ');
}

function lossOf(releases: readonly ReleaseResult[], index: number): number {
  return releases.find(({ version }) => version === index)?.loss ?? Number.POSITIVE_INFINITY;
}
