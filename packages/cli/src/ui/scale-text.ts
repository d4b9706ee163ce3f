import type { ScaledCost, ScalePlan } from '@branchline/api';
import { plural, quantity, short, whole } from './format.js';
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
    .map(({ name, cost, lastVersion, ratioToBaseline }) => [
      name === shown.baseline ? `${name} (baseline)` : name,
      ratioToBaseline.toFixed(2),
      ...cells(cost, shown),
      ...cells(lastVersion, shown).slice(0, devices === undefined ? 1 : 2),
    ]);
  const last = devices === undefined ? ['last: tokens'] : ['last: tokens', 'days'];
  const header = [
    'strategy',
    'cost',
    'tokens',
    ...(devices === undefined ? ['FLOP'] : [...timeHeader(shown)]),
    ...last,
  ];
  return [
    head.join('\n'),
    table(header, rows, style, header.map((_, column) => column).slice(1)),
    [
      `together ${short(together.tokens)} tokens, ${quantity(together.flops, 'FLOP')}: sharing saves ${Math.round(100 * together.saved)}%`,
      ...(together.deviceHours === null ? [] : [`         ${timeLine(together, shown.currency)}`]),
      `disk     ${quantity(disk.end, 'B')} of checkpoints at the end, ${quantity(disk.peak, 'B')} at most`,
    ].join('\n'),
    ...failures.map(({ strategies, message }) => `${style.yellow('not planned')} ${strategies.join(', ')}: ${message}`),
    ['Assumed:', ...shown.assumptions.map((line) => `  ${line}`)].join('\n'),
  ].join('\n\n');
}

const timeHeader = ({ currency }: ScalePlan) => ['days', 'device-hours', 'MWh', `M ${currency}`];

const NONE = '-';

function cells({ tokens, flops, seconds, deviceHours, kilowattHours, money }: ScaledCost, plan: ScalePlan): string[] {
  if (plan.scale.devices === undefined) return [short(tokens), quantity(flops, 'FLOP')];
  return [
    short(tokens),
    days(seconds!),
    short(deviceHours!),
    kilowattHours === null ? NONE : whole(kilowattHours / 1000),
    money === null ? NONE : (money / 1e6).toPrecision(3),
  ];
}

const days = (seconds: number): string => (seconds / 86_400).toPrecision(3);

function timeLine({ seconds, deviceHours, money }: ScaledCost, currency: string): string {
  const price = money === null ? '' : `, ${(money / 1e6).toPrecision(3)} M ${currency}`;
  return `${days(seconds!)} days, ${short(deviceHours!)} device-hours${price}`;
}
