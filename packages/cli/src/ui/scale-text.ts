import type { ScaledCost, ScalePlan } from '@branchline/api';
import { duration, plural, quantity, short, whole } from './format.js';
import { printableAll } from './printable.js';
import type { Style } from './style.js';
import { table } from './table.js';

/** A plan at scale as text. */
export function scaleText(plan: ScalePlan, style: Style): string {
  const shown = printableAll(plan);
  const { scale, batch, stepsPerVersion, together, disk, failures } = shown;
  const { devices } = scale;
  const head = [
    `model    ${short(scale.parameters)} parameters`,
    `text     ${short(scale.tokens)} tokens in ${plural(scale.versions, 'version')}, declared; ${short(batch)} tokens a step, ${whole(stepsPerVersion)} steps a version`,
    ...(devices === undefined ? [] : [`devices  ${whole(devices.count)} x ${devices.name}`]),
  ];
  const rows = [...shown.strategies]
    .sort((a, b) => a.cost.steps - b.cost.steps)
    .map(({ name, cost, lastVersion, ratioToBaseline, loss, onFront }) => [
      name === shown.baseline ? `${name} (baseline)` : name,
      ratioToBaseline.toFixed(2),
      ...cells(cost, shown),
      ...cells(lastVersion, shown).slice(0, devices === undefined ? 1 : 2),
      ...(shown.predicted === null ? [] : [lossCell(loss, onFront)]),
    ]);
  const last = devices === undefined ? ['last: tokens'] : ['last: tokens', 'time'];
  const predicted = shown.predicted === null ? [] : ['loss'];
  const header = [
    'strategy',
    'cost',
    'tokens',
    ...(devices === undefined ? ['FLOP'] : [...timeHeader(shown)]),
    ...last,
    ...predicted,
  ];
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
            `loss     predicted, ±${(100 * shown.predicted.interval).toPrecision(2)}%; * no other costs less for a lower loss; ${NONE} no law covers it`,
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

const timeHeader = ({ currency }: ScalePlan) => ['time', 'device-hours', 'energy', currency];

const NONE = '-';

function cells({ tokens, flops, seconds, deviceHours, kilowattHours, money }: ScaledCost, plan: ScalePlan): string[] {
  if (plan.scale.devices === undefined) return [short(tokens), quantity(flops, 'FLOP')];
  return [
    short(tokens),
    time(seconds!),
    short(deviceHours!),
    kilowattHours === null ? NONE : quantity(1000 * kilowattHours, 'Wh'),
    money === null ? NONE : short(money),
  ];
}

/** Days, or hours and minutes below three days. */
const time = (seconds: number): string =>
  seconds < 3 * 86_400 ? duration(seconds) : `${short(seconds / 86_400)} days`;

function timeLine({ seconds, deviceHours, money }: ScaledCost, currency: string): string {
  const price = money === null ? '' : `, ${short(money)} ${currency}`;
  return `${time(seconds!)}, ${short(deviceHours!)} device-hours${price}`;
}
