import type { PlanSummary, StrategySummary } from '@branchline/api';
import { type BudgetLine, type FieldSummary, SMALL_DIFFERENCE } from '@branchline/api/internal';
import { showAmount } from '@branchline/core';
import type { VersionNames } from '@branchline/evaluation';
import { compact, duration, percent, plural, quantity, short, showValue, whole } from './format.js';
import { predictedText } from './predicted-text.js';
import { printableAll } from './printable.js';
import { describeRule } from './seeds-table.js';
import { storedText } from './stored-text.js';
import type { Style } from './style.js';
import { table } from './table.js';
import { removedText } from './validation-table.js';
import { versionLabels, versionTitle } from './version-label.js';

/** A plan as text. `why`: with the reasons why releases cannot be reused. */
export function planText(plan: PlanSummary, style: Style, { why = false }: { readonly why?: boolean } = {}): string {
  const summary = printableAll(plan);
  const { experiment, compare, model, training, data, tasks } = summary;
  const head = [
    `${style.bold(experiment.name)}  ${seedsText(experiment.seeds)}`,
    ...startLine(model),
    ...(summary.predicted === undefined ? [] : [`losses   ${predictedText(summary.predicted)}`]),
    `model    ${short(model.parameters)} parameters${activeText(model)}, context ${model.context}, ${quantity(model.flopsPerToken, 'FLOP')} for each token`,
    versionsText(data.versions),
    accountText(data.account),
    ...(data.skipped ?? []).map(({ file, reason, count, unit, first }) => {
      const more = count > first.length ? ` and ${count - first.length} more` : '';
      return `skipped  ${plural(count, 'document')} of ${file} with ${reason}: ${unit}${count === 1 ? '' : 's'} ${first.join(', ')}${more}`;
    }),
    ...skippedLines(data.skippedFiles),
    ...(data.classifier === undefined ? [] : classifierLines(data.classifier, style)),
    ...evaluationLines(data, style),
    ...tasks.map(
      ({ name, items, tokens: read }) =>
        `task     ${name}: ${plural(items, 'item')}, ${short(read)} tokens for each release`,
    ),
    `steps    ${training.batch} sequences each, lr ${showValue(training.lr)}`,
    ...(compare === null ? [] : [`verdicts ${describeRule(compare, experiment.baseline)}`]),
  ].join('\n');
  const labels = versionLabels(data.versions);
  const several = experiment.seeds.length > 1;
  const open = summary.open.map(({ strategy, seed, message, versions }) => {
    const under = several ? `, seed ${seed}` : '';
    const known = versions.map((version) => ({ ...version, averaged: 1 }));
    return `${style.bold(strategy)}${under}\n${pathsTable(known, labels, style)}\n  ${message}; the rest is planned then`;
  });
  return [
    head,
    ...foldSeeds(summary.strategies).map(({ strategy, seeds }) =>
      strategyText(strategy, several ? seeds : [], labels, style),
    ),
    ...open,
    ...problemLines(summary, style),
    footer(summary, style),
    ...(summary.stored === null ? [] : [storedText(summary.stored, versionLabels(data.versions), style, why)]),
  ].join('\n\n');
}

/** How many parameters a token uses, if those are not all, and how many are outside of the embedding. */
function activeText({
  parameters,
  nonEmbeddingParameters = parameters,
  activeParameters,
}: PlanSummary['model']): string {
  if (activeParameters === undefined) return '';
  return ` (${short(nonEmbeddingParameters)} without embeddings), of which a token uses ${short(activeParameters)}`;
}

/** What `update --dry-run` prints: the work of a plan whose directory has some of it, and what would stop it. */
export function updateText(plan: PlanSummary, style: Style): string {
  const summary = printableAll(plan);
  const { stored, disk, budget } = summary;
  if (stored === null) return planText(plan, style);
  const limits = [
    ...(disk.limit === null ? [] : [diskLine(disk, style)]),
    ...budget.map((line) => budgetLine(line, style)),
  ];
  return [
    ...problemLines(summary, style),
    [storedText(stored, versionLabels(summary.data.versions), style, true), ...limits].join('\n'),
  ].join('\n\n');
}

/** Strategies that cannot be planned, and warnings. */
function problemLines({ failures, warnings }: PlanSummary, style: Style): readonly string[] {
  const failed = failures.map(({ strategies, seeds, message }) => {
    const under = seeds === undefined ? '' : ` under ${seedsText(seeds)}`;
    return `${style.red('failed')} ${strategies.join(', ')}${under}: ${message}`;
  });
  const warned = warnings.map(({ message, refuses }) =>
    refuses ? `${style.red('refused')} ${message}` : `${style.bold('warning')} ${message}`,
  );
  return [...failed, ...warned];
}

/** The text that releases are evaluated on, and how small a difference it can show. */
function evaluationLines({ heldOut, validation }: PlanSummary['data'], style: Style): readonly string[] {
  const { sequences, parts, standardError } = heldOut;
  const { needed } = standardError;
  const all = sequences.reduce((sum, count) => sum + count, 0);
  const counts = new Set(sequences).size === 1 ? `${whole(sequences[0]!)} each` : sequences.map(whole).join(', ');
  return [
    `held-out ${plural(all, 'sequence')} in ${plural(sequences.length, 'version')} (${counts}); last release: ${errorText(standardError)}`,
    ...warning(
      standardError,
      all,
      `set data.heldOut.sequences to ${whole(Math.ceil(needed / parts))}, with share high enough for them`,
      style,
    ),
    ...validation.flatMap((set) => [
      `set      ${set.name}: ${plural(set.sequences, 'sequence')}, ${short(set.tokens)} tokens for each release; ${removedText(set)}; ${errorText(set.standardError)}`,
      ...warning(set.standardError, set.sequences, 'add text to the set, or raise its sequences', style),
    ]),
  ];
}

type Resolution = PlanSummary['data']['heldOut']['standardError'];

/** `expected standard error of a loss 0.05, of a difference between strategies 0.007`. */
function errorText({ loss, difference }: Resolution): string {
  const show = (value: number) => String(Number(value.toPrecision(2)));
  return `expected standard error of a loss ${show(loss)}, of a difference between strategies ${show(difference)}`;
}

/** Warns if a small difference is less than two standard errors. */
function warning({ needed }: Resolution, sequences: number, remedy: string, style: Style): readonly string[] {
  if (sequences >= needed) return [];
  const text = `differences of ${SMALL_DIFFERENCE} are below two standard errors; they need about ${plural(needed, 'sequence')}: ${remedy}`;
  return [`         ${style.red('too few')}: ${text}`];
}

function startLine({ start }: PlanSummary['model']): readonly string[] {
  return start === undefined ? [] : [`start    ${start.from}, weights ${start.digest.slice(0, 12)}`];
}

/** Names and tokens of the versions in their order, shortened if there are many. */
function versionsText(versions: PlanSummary['data']['versions']): string {
  const isNumbered = versions.every(({ name }, index) => name === String(index + 1));
  const shown = versions.map(({ name, tokens }) => (isNumbered ? short(tokens) : `${name} ${short(tokens)}`));
  const list = shown.length > 12 ? `${shown.slice(0, 10).join(', ')} ... ${shown.at(-1)}` : shown.join(', ');
  return `text     ${plural(versions.length, 'version')} of ${list} tokens`;
}

/** Where the text went that was read, in shares of its bytes. Parts without any text are left out. */
function accountText({ documents, read, ...parts }: PlanSummary['data']['account']): string {
  const rest = parts.train - parts.inSequences;
  const shares = [
    [parts.inSequences, 'to train on'],
    [parts.heldOut, 'held out'],
    [parts.duplicate, 'duplicates'],
    [parts.repeated, 'also held out'],
    [parts.removed?.bytes ?? 0, 'in validation sets'],
    [rest, 'left over (beyond tokens, or too short)'],
  ] as const;
  const named = shares.filter(([bytes]) => bytes > 0).map(([bytes, what]) => `${shareText(bytes / read)} ${what}`);
  const { dropped = 0 } = parts;
  const lost = dropped > 0 ? `; the tokenizer drops ${plural(dropped, 'character')} that it has no token for` : '';
  return `read     ${plural(documents, 'document')}, ${quantity(read, 'B')}: ${named.join(', ')}${lost}`;
}

/** How well the classifier tells the reference from the text, and whether its score is worth sorting by. */
function classifierLines(figures: NonNullable<PlanSummary['data']['classifier']>, style: Style): readonly string[] {
  const { reference, sample, removed, auc, standardError, accuracy, overlap, fifths, verdict, advice } = figures;
  const size = ({ documents, bytes }: typeof sample) => `${plural(documents, 'document')} (${quantity(bytes, 'B')})`;
  const left = [
    ...(removed.evaluated > 0 ? [`${plural(removed.evaluated, 'text')} of validation sets left out`] : []),
    ...(removed.shared > 0 ? [`${plural(removed.shared, 'text')} of the reference in the training text`] : []),
  ];
  const shares = (of: 'reference' | 'predicted') => fifths.map((fifth) => Math.round(fifth[of] * 100)).join(', ');
  return [
    `score    classifier: ${[`${size(reference)} of the reference against ${size(sample)}`, ...left].join('; ')}`,
    `         on unseen text: AUC ${auc.toFixed(3)} +- ${standardError.toFixed(3)}, accuracy ${percent(accuracy)}; ${shareText(overlap)} of the text scores like the upper nine tenths of the reference`,
    `         reference in each fifth of the ranks: ${shares('reference')}% (predicted ${shares('predicted')}%)`,
    `         ${verdict === 'useful' ? advice : style.red(advice)}`,
  ];
}

const shareText = (share: number) => (share < 0.005 ? 'under 1%' : percent(share));

/** `seed 1`, `seeds 1, 2, 3`, `seeds 1, 2, 3 ... 12 (12)`. */
export function seedsText(seeds: readonly number[]): string {
  if (seeds.length === 1) return `seed ${seeds[0]}`;
  return `seeds ${seeds.length > 8 ? `${seeds.slice(0, 3).join(', ')} ... ${seeds.at(-1)} (${seeds.length})` : seeds.join(', ')}`;
}

/** Strategies in order. Seeds with identical plans are merged. */
function foldSeeds(strategies: readonly StrategySummary[]) {
  const folded = new Map<string, { strategy: StrategySummary; seeds: number[] }>();
  for (const strategy of strategies) {
    const { seed, ...plan } = strategy;
    const key = JSON.stringify(plan);
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { strategy, seeds: [seed] });
    else known.seeds.push(seed);
  }
  return [...folded.values()];
}

/** `seeds` are shown next to the name; empty if the plan has only one. */
function strategyText(strategy: StrategySummary, seeds: readonly number[], labels: VersionNames, style: Style): string {
  const { name, plugins, standalone, ratioToBaseline, versions, explanation } = strategy;
  const uses = plugins.map(({ name: plugin, version, options }) => {
    const shown = options === null || Object.keys(options as object).length === 0 ? '' : ` ${showValue(options)}`;
    return `${plugin}${version === undefined ? '' : ` ${version}`}${style.dim(shown)}`;
  });
  const planned = versions.flatMap(({ paths }) => paths).reduce((sum, { steps }) => sum + steps, 0);
  const ratio = ratioToBaseline === null ? '' : `${ratioToBaseline.toFixed(2)} of the baseline; `;
  const unneeded = planned - standalone.steps;
  const cost = `  alone ${ratio}${whole(standalone.steps)} steps, ${short(standalone.tokens)} tokens, ${quantity(standalone.flops, 'FLOP')}`;
  return [
    seeds.length === 0 ? style.bold(name) : `${style.bold(name)}  ${style.dim(`${seedsText(seeds)}, each`)}`,
    ...uses.map((use) => `  ${use}`),
    pathsTable(versions, labels, style),
    unneeded > 0
      ? `${cost}; ${plural(unneeded, 'planned step')} that no release needs, or that are shared, are left out`
      : cost,
    ...(explanation ?? []).map((group) => explanationText(group, labels, style)),
  ].join('\n');
}

function pathsTable(versions: StrategySummary['versions'], labels: VersionNames, style: Style): string {
  const rows = versions.flatMap(({ version, paths, average }) =>
    paths.map((path, index) => [
      index === 0 ? `  ${versionTitle(labels, [version])}` : '',
      path.name,
      whole(path.begin),
      whole(path.end),
      whole(path.steps),
      path.releases ? `released${average === undefined ? '' : `: ${averageText(average)}`}` : '',
    ]),
  );
  return table(['', 'path', 'from', 'to', 'steps', ''], rows, style, [2, 3, 4], [5]);
}

/** `average of 6 checkpoints, steps 1,200 to 1,250`. */
function averageText(average: NonNullable<StrategySummary['versions'][number]['average']>): string {
  const positions = average.map(({ position }) => position);
  const steps = `steps ${whole(Math.min(...positions))} to ${whole(Math.max(...positions))}`;
  return `average of ${plural(average.length, 'checkpoint')}, ${steps}`;
}

function explanationText(
  group: NonNullable<StrategySummary['explanation']>[number],
  labels: VersionNames,
  style: Style,
): string {
  const { versions } = group;
  const name = versionTitle(labels, [...new Set([versions[0]!, versions.at(-1)!])], ' to ');
  const parts = [{ title: name, fields: group.fields }];
  for (const fork of group.forks) parts.push({ title: `${name}, fork ${fork.name}`, fields: fork.fields });
  return parts.map(({ title, fields }) => `\n  ${style.bold(title)}\n${fieldsTable(fields, style)}`).join('\n');
}

function fieldsTable(fields: readonly FieldSummary[], style: Style): string {
  const rows = fields.map(({ field, value, owner, configPath }) => {
    const who = configPath === undefined ? owner : `${owner}, ${configPath}`;
    return [`  ${field}`, showValue(value), owner === 'default' ? style.dim(who) : who];
  });
  return table(['  field', 'value', 'set by'], rows, style, [], [1, 2]);
}

function footer({ experiment, graph, disk, time, budget, stored }: PlanSummary, style: Style): string {
  const { length } = experiment.seeds;
  const lines = [
    style.bold(length === 1 ? 'all together' : `all ${length} seeds together`),
    `  graph    ${plural(graph.segments, 'segment')}, ${whole(graph.shared)} of them needed by several strategies`,
    `  cost     ${whole(graph.steps)} steps, ${short(graph.tokens)} tokens, ${quantity(graph.flops, 'FLOP')}`,
    `  sharing  saves ${percent(graph.saved)} of the ${short(graph.tokensStandalone)} tokens the strategies would need apart`,
    diskLine(disk, style),
    time === null
      ? '  time     not known before something was trained here'
      : `  time     about ${duration(time.deviceSeconds)} of device time at the ${short(time.tokensPerSecond)} tokens/s of a lane in this run so far${stored === null ? '' : ', for the whole plan'}`,
    ...(time === null ? [] : moneyLine(time)),
    ...budget.map((line) => budgetLine(line, style)),
  ];
  return lines.join('\n');
}

function diskLine({ peak, least, end, checkpoints, limit, fits }: PlanSummary['disk'], style: Style): string {
  const stays = `${quantity(end, 'B')} in ${plural(checkpoints, 'checkpoint')} at the end`;
  const most = `  disk     about ${quantity(peak, 'B')} at most, ${stays}`;
  if (limit === null) return `${most}; a limit (--disk) can be as low as ${quantity(least, 'B')}`;
  const verdict = fits ? 'fits' : style.red(`is too low: ${quantity(least, 'B')} are needed at once`);
  return `${most}; the limit of ${quantity(limit, 'B')} ${verdict}`;
}

function moneyLine({ money, energyJoules, currency }: NonNullable<PlanSummary['time']>): readonly string[] {
  const parts = [
    ...(money === null ? [] : [`${compact(money)} ${currency}`]),
    ...(energyJoules === null ? [] : [quantity(energyJoules, 'J')]),
  ];
  return parts.length === 0
    ? []
    : [`  bill     about ${parts.join(' and ')} of that time, at the prices in the ledger`];
}

function budgetLine({ resource, limit, needed, fits, currency }: BudgetLine, style: Style): string {
  const show = (amount: number) => showAmount(resource, amount, currency);
  if (needed === null)
    return `  budget   ${show(limit)}; what the plan needs is not known before something was trained here`;
  const verdict = fits ? 'fits' : style.red('does not fit');
  return `  budget   ${show(limit)}; the plan needs ${show(needed)}: ${verdict}`;
}

/** Names that are listed of the files that were left out for a reason; --json has all. */
const LISTED = 5;

function skippedLines(files: PlanSummary['data']['skippedFiles'] = []): readonly string[] {
  return [...new Set(files.map(({ reason }) => reason))].map((reason) => {
    const names = files.filter((one) => one.reason === reason).map(({ file }) => file);
    const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
    return `skipped  ${plural(names.length, 'file')}, ${reason}: ${names.slice(0, LISTED).join(', ')}${more}`;
  });
}
