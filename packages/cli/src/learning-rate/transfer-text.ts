/** A transfer as text. */
import type { TransferredExperiment } from '@branchline/api';
import { short } from '../ui/format.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';

/** The two runs, every factor, and the assumptions. */
export function transferText(found: TransferredExperiment, style: Style): string {
  const { rule, source, base, target, factors, assumptions } = found;
  const runs = [
    ['width', base.width, target.width],
    ['layers', base.layers, target.layers],
    ['head size', base.headSize, target.headSize],
    ['sequences per step', base.batch, target.batch],
    ['tokens', base.tokens, target.tokens],
  ] as const;
  const shape = runs.map(([of, from, to]) => [
    of,
    from === null ? 'not said' : short(from),
    to === null ? 'the same' : short(to),
    from === null || to === null || from === to ? '' : `x ${digits(to / from)}`,
  ]);
  const rows = factors.map(({ of, factor, from, to }) => [of, `x ${digits(factor)}`, digits(from), digits(to)]);
  const parts = [
    `${style.bold(rule)}: ${source}`,
    table(['', 'tuned', 'target', ''], shape, style, [1, 2, 3]),
    rows.length === 0 ? 'No number changes.' : table(['', 'factor', 'tuned', 'target'], rows, style, [1, 2, 3]),
    assumptions.map((text) => `- ${text}`).join('\n'),
  ];
  return parts.join('\n\n');
}

const digits = (value: number) => String(Number(value.toPrecision(4)));
