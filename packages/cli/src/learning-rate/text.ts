/** A fit of learning rates as text. */
import type { RateGridPlan, RateGridRun, TrainingCost } from '@branchline/api';
import type { Cell, FittedLaw, Interval, NoOptimum, Prediction } from '@branchline/plugin-learning-rate';
import { compact, duration, percent, plural, quantity, short } from '../ui/format.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';

/** A prediction, or why there is none. */
export type Predicted = {
  /** As typed. */
  readonly asked: string;
  readonly parameters: number;
  readonly tokens: number;
} & (Prediction | { readonly refused: string });

/** The plan of a grid: its runs, and what they cost. */
export function gridPlanText(plan: RateGridPlan, style: Style): string {
  const { rates, horizons, cooldown, sizes, cost, missingSteps } = plan;
  const seeds = sizes[0]!.plan.experiment.seeds.length;
  const head = [
    `sizes    ${sizes.map(({ name, plan: { model } }) => `${name} (${short(model.nonEmbeddingParameters ?? model.parameters)} parameters)`).join(', ')}`,
    `rates    ${rates.map(compact).join(', ')}`,
    `horizons ${horizons.join(', ')} steps, of which ${percent(cooldown)} decay`,
    `seeds    ${seeds}`,
  ];
  const rows = sizes.map(({ name, cost: own, missingSteps: missing }) => [
    name,
    short(own.separate.steps),
    short(own.shared.steps),
    short(own.shared.tokens),
    quantity(own.shared.flops, 'FLOP'),
    short(missing),
  ]);
  const columns = ['size', 'steps alone', 'steps shared', 'tokens', '', 'left to train'];
  const time = sizes.map(({ plan: { stored } }) => stored?.missingTime?.deviceSeconds ?? null);
  const known = time.every((seconds) => seconds !== null);
  const total = known ? `, about ${duration(time.reduce<number>((sum, seconds) => sum + seconds, 0))}` : '';
  return [
    head.join('\n'),
    table(columns, rows, style, [1, 2, 3, 5]),
    `${costText(cost)}\nleft to train: ${plural(missingSteps, 'step')}${total}`,
  ].join('\n\n');
}

/** The losses, the optima, the law, the predictions, and what all of it cost. */
export function fitText(run: RateGridRun, predictions: readonly Predicted[], style: Style): string {
  const { fit, sizes, cost, warnings } = run;
  const nameOf = new Map(sizes.map(({ name, parameters }) => [parameters, name]));
  const rates = [...new Set(fit.cells.flatMap((cell) => cell.rates.map(({ rate }) => rate)))].sort((a, b) => a - b);
  const losses = fit.cells.map((cell) => [
    nameOf.get(cell.parameters)!,
    short(cell.tokens),
    ...rates.map((rate) => lossText(cell, rate, style)),
  ]);
  const optima = fit.cells.map((cell) => [
    nameOf.get(cell.parameters)!,
    short(cell.tokens),
    ...(cell.valley === null
      ? [style.yellow(noneText(cell)), '', '', '', '']
      : [
          compact(Number(cell.valley.optimum.toPrecision(3))),
          intervalText(cell.valley.interval, 3),
          cell.valley.loss.toFixed(4),
          cell.valley.curvature.toFixed(4),
          cell.valley.r2 === null ? '' : cell.valley.r2.toFixed(3),
        ]),
  ]);
  return [
    `${style.bold('Losses on held-out text')}, ${plural(fit.seeds.length, 'seed')}; the lowest of each row is bold\n\n${table(
      ['size', 'tokens', ...rates.map(compact)],
      losses,
      style,
      rates.map((_, index) => index + 2),
    )}`,
    `${style.bold('Best rate')}, from a quadratic in log rate\n\n${table(['size', 'tokens', 'rate', '95%', 'loss', 'curvature', 'R²'], optima, style, [5, 6])}`,
    lawText(run, style),
    ...(predictions.length === 0 ? [] : [predictionsText(predictions, style)]),
    `${style.bold('Cost')}\n\n${costText(cost)}\nfrom the ledger, with evaluation: ${paidText(cost.actual)}; ${addedText(cost)}`,
    ...warnings.map((warning) => style.yellow(warning)),
  ].join('\n\n');
}

/** Why a cell has no best rate. */
function noneText({ none, rates }: Cell): string {
  const usable = rates.filter(({ loss }) => loss !== null).map(({ rate }) => rate);
  const texts: Readonly<Record<NoOptimum, string>> = {
    lowest: `at the edge: ≤ ${compact(usable[0]!)}`,
    highest: `at the edge: ≥ ${compact(usable.at(-1)!)}`,
    few: 'diverged',
    'not-convex': 'no valley',
  };
  return texts[none!];
}

function lossText({ rates }: Cell, rate: number, style: Style): string {
  const found = rates.find((one) => one.rate === rate);
  if (found === undefined) return '';
  if (found.loss === null) return 'diverged';
  const lowest = Math.min(...rates.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY));
  const text = found.loss.toFixed(4);
  return found.loss === lowest ? style.bold(text) : text;
}

const intervalText = (interval: Interval, digits: number): string =>
  interval === null ? '' : `[${interval.map((value) => compact(Number(value.toPrecision(digits)))).join(', ')}]`;

function lawText({ fit }: RateGridRun, style: Style): string {
  const { law, conditions, regret, sizes } = fit;
  const title = style.bold('Law');
  const where = `at a batch of ${short(conditions.batch)} tokens, a ${conditions.curve} decay to ${compact(conditions.minRatio)} of the peak over ${percent(conditions.cooldown)} of the steps`;
  if (law === null) return `${title}\n\nnone: no best rate was found inside of the grid, ${where}`;
  const lines = [
    `rate = ${formula(law)}, ${where}`,
    ...(['parameters', 'tokens'] as const).flatMap((of) => exponentLine(law, of)),
    `fitted on ${rangeText(law.range.parameters)} parameters N (without embeddings) and ${rangeText(law.range.tokens)} tokens D${law.r2 === null ? '' : `, R² ${law.r2.toFixed(3)}`}`,
    ...sizes.flatMap(({ parameters, tokensExponent, lossLaw }) => [
      ...(tokensExponent === null || sizes.length === 1
        ? []
        : [`at ${short(parameters)} parameters alone: D^${tokensExponent.toFixed(3)}`]),
      ...(lossLaw === null
        ? []
        : [
            `loss at ${short(parameters)} parameters = ${lossLaw.floor.toFixed(3)} + ${short(lossLaw.scale)} · D^-${lossLaw.exponent.toFixed(3)}`,
          ]),
    ]),
    regret === null
      ? 'regret unknown: too few cells to leave one out'
      : `regret with one cell left out: ${regret.mean.toPrecision(2)} nats in the mean, at most ${regret.max.toPrecision(2)} (${(100 * regret.maxShare).toFixed(2)}% of the loss); rates at most ${regret.maxFactor.toFixed(2)} times off`,
  ];
  return `${title}\n\n${lines.join('\n')}`;
}

function formula({ constant, exponents: { parameters, tokens } }: FittedLaw): string {
  const power = (name: string, exponent: number | null) =>
    exponent === null ? [] : [`${name}^${exponent.toFixed(3)}`];
  return [constant.toPrecision(4), ...power('N', parameters), ...power('D', tokens)].join(' · ');
}

function exponentLine(law: FittedLaw, of: 'parameters' | 'tokens'): readonly string[] {
  const name = of === 'parameters' ? 'N' : 'D';
  const exponent = law.exponents[of];
  if (exponent === null) return [`no exponent of ${name}: ${of === 'parameters' ? 'one size' : 'one horizon'}`];
  const interval = law.intervals[of];
  return interval === null
    ? [`exponent of ${name}: no interval, more rates or seeds give one`]
    : [`exponent of ${name}: 95% in ${intervalText(interval, 3)}`];
}

const rangeText = ([low, high]: readonly [number, number]): string =>
  low === high ? short(low) : `${short(low)} to ${short(high)}`;

function predictionsText(predictions: readonly Predicted[], style: Style): string {
  const rows = predictions.map((one) =>
    'refused' in one
      ? [one.asked, '', '', style.yellow(one.refused)]
      : [
          one.asked,
          compact(Number(one.rate.toPrecision(3))),
          intervalText(one.interval, 3),
          one.outside.length === 0 ? 'inside of the fit' : style.yellow(`extrapolated: ${one.outside.join('; ')}`),
        ],
  );
  return `${style.bold('Predictions')}\n\n${table(['for', 'rate', '95%', ''], rows, style, [], [3])}`;
}

function costText({ separate, shared }: { readonly separate: TrainingCost; readonly shared: TrainingCost }): string {
  return [
    `every run alone, O(n³): ${amountText(separate)}`,
    `one stable run for all horizons, O(n · C_D · C_rate): ${amountText(shared)}, ${percent(shared.tokens / separate.tokens)} of that`,
  ].join('\n');
}

const amountText = ({ steps, tokens, flops }: TrainingCost): string =>
  `${plural(steps, 'step')}, ${short(tokens)} tokens, ${quantity(flops, 'FLOP')}`;

const paidText = ({ deviceSeconds, ...of }: TrainingCost & { readonly deviceSeconds: number }): string =>
  `${amountText(of)}, ${duration(deviceSeconds)}`;

function addedText({ actual, added }: RateGridRun['cost']): string {
  if (added.steps === 0) return 'nothing of it now';
  return added.steps === actual.steps ? 'all of it now' : `of it now: ${paidText(added)}`;
}
