import type { ScaledCost, ScalePlan } from '@branchline/api';
import { duration, plural, quantity, short, whole } from './format.js';
import { printableAll } from './printable.js';
import type { Style } from './style.js';
import { table } from './table.js';

/** A plan at scale as text. */
export function scaleText(plan: ScalePlan, style: Style): string {
  const shown = printableAll(plan);
  const { scale, together, disk, failures } = shown;
  const { devices } = scale;
  const head = [
    `model    ${short(scale.parameters)} parameters`,
    `text     ${textLine(shown)}`,
    ...(devices === undefined ? [] : [`devices  ${whole(devices.count)} x ${devices.name}`]),
  ];
  const rows = [...shown.strategies]
    .sort((a, b) => a.cost.steps - b.cost.steps)
    .map(({ name, cost, lastVersion, ratioToBaseline, loss, meanLoss, onFront }) => [
      name === shown.baseline ? `${name} (baseline)` : name,
      ratioToBaseline.toFixed(2),
      ...costCells(cost, shown),
      short(lastVersion.tokens),
      ...(devices === undefined ? [] : [time(lastVersion.seconds!)]),
      ...(shown.predicted === null ? [] : [lossCell(loss, onFront), lossCell(meanLoss, false)]),
    ]);
  const last = devices === undefined ? ['last: tokens'] : ['last: tokens', 'time'];
  const predicted = shown.predicted === null ? [] : ['loss', 'mean loss'];
  const header = ['strategy', 'cost', ...costHeader(shown), ...last, ...predicted];
  return [
    head.join('\n'),
    table(header, rows, style, header.map((_, column) => column).slice(1)),
    [
      `together ${short(together.tokens)} tokens, ${quantity(together.flops, 'FLOP')}: sharing saves ${Math.round(100 * together.saved)}%`,
      ...(together.deviceHours === null ? [] : [`         ${timeLine(together, shown.currency)}`]),
      `disk     ${quantity(disk.end, 'B')} of checkpoints at the end, ${quantity(disk.peak, 'B')} at most`,
      ...(shown.predicted === null
        ? []
        : [
            `loss     of the last release and of all in the mean, predicted, ±${(100 * shown.predicted.interval).toPrecision(2)}%; * no other costs less for a lower loss; ${NONE} the law does not cover it`,
            ...shown.strategies
              .filter(({ uncovered }) => uncovered.length > 0)
              .map(({ name, uncovered }) => `         ${NONE} ${name}: ${uncovered.join('; ')}`),
          ]),
    ].join('\n'),
    ...failures.map(({ strategies, message }) => `${style.yellow('not planned')} ${strategies.join(', ')}: ${message}`),
    ['Assumed:', ...shown.assumptions.map((line) => `  ${line}`)].join('\n'),
  ].join('\n\n');
}

/** A star marks the front of cost and loss. */
function lossCell(loss: number | null, onFront: boolean | null): string {
  if (loss === null) return NONE;
  return `${onFront ? '*' : ''}${loss.toFixed(3)}`;
}

const NONE = '-';

/** `15.0T tokens in 6 versions, declared; 4.00M tokens a step, 625,000 steps a version`. */
function textLine({ scale, batch, stepsOfVersions }: ScalePlan): string {
  const tokens = typeof scale.tokens === 'number' ? scale.tokens : scale.tokens.reduce((sum, one) => sum + one, 0);
  const different = [...new Set(stepsOfVersions)];
  const steps =
    different.length === 1
      ? `${whole(different[0]!)} steps a version`
      : `${stepsOfVersions.map(whole).join(' + ')} steps`;
  return `${short(tokens)} tokens in ${plural(scale.versions, 'version')}, declared; ${short(batch)} tokens a step, ${steps}`;
}

/** Header of `costCells`. */
export function costHeader({ scale: { devices }, currency }: Scaled): readonly string[] {
  const time = devices === undefined ? [] : ['time', 'device-hours', 'energy', currency];
  return ['steps', 'tokens', 'FLOP', ...time];
}

/** Steps, tokens and FLOPs; with devices, also time, device-hours, energy and money. */
export function costCells(cost: ScaledCost, { scale: { devices } }: Scaled): readonly string[] {
  const { steps, tokens, flops, seconds, deviceHours, kilowattHours, money } = cost;
  const counted = [short(steps), short(tokens), short(flops)];
  if (devices === undefined) return counted;
  return [
    ...counted,
    time(seconds!),
    short(deviceHours!),
    kilowattHours === null ? NONE : quantity(1000 * kilowattHours, 'Wh'),
    money === null ? NONE : short(money),
  ];
}

/** What the columns of costs depend on. */
export interface Scaled {
  readonly scale: Pick<ScalePlan['scale'], 'devices'>;
  /** ISO 4217. */
  readonly currency: string;
}

/** Days, or hours and minutes below three days. */
const time = (seconds: number): string =>
  seconds < 3 * 86_400 ? duration(seconds) : `${short(seconds / 86_400)} days`;

function timeLine({ seconds, deviceHours, money }: ScaledCost, currency: string): string {
  const price = money === null ? '' : `, ${short(money)} ${currency}`;
  return `${time(seconds!)}, ${short(deviceHours!)} device-hours${price}`;
}
