import type { Cost } from '@branchline/core';
import { formatCount, formatEnergy, formatFlops, formatMoney, formatSeconds } from '../format.js';

/** An amount that a run has cost, and will cost. */
export interface CostAmount {
  readonly name: 'Tokens' | 'Compute' | 'Device time' | 'Energy' | 'Money';
  readonly spent: string;
  /** What the rest of the plan adds; undefined if it is not known. */
  readonly ahead: string | undefined;
  readonly total: string | undefined;
  /** The spent share of the total, 0 to 1; undefined if it is not known. */
  readonly share: number | undefined;
}

/** The amounts of a cost that are known, spent and ahead. */
export function costAmounts(spent: Cost, ahead: Cost, currency: string): readonly CostAmount[] {
  const amount = (name: CostAmount['name'], pick: (cost: Cost) => number | null, format: (value: number) => string) => {
    const [before, after] = [pick(spent), pick(ahead)];
    if (before === null || !Number.isFinite(before)) return [];
    // Tokens lie ahead, and their time is not known: nothing was measured yet.
    const isUnknown = after === null || !Number.isFinite(after) || (after === 0 && ahead.tokens > 0);
    if (isUnknown) return [{ name, spent: format(before), ahead: undefined, total: undefined, share: undefined }];
    const total = before + after;
    const share = total > 0 ? before / total : undefined;
    return [{ name, spent: format(before), ahead: format(after), total: format(total), share }];
  };
  return [
    ...amount(
      'Money',
      ({ money }) => money,
      (value) => `${formatMoney(value)} ${currency}`,
    ),
    ...amount('Device time', ({ deviceSeconds }) => deviceSeconds, formatSeconds),
    ...amount('Energy', ({ energyJoules }) => energyJoules, formatEnergy),
    ...amount(
      'Compute',
      ({ flops }) => flops,
      (value) => formatFlops(value),
    ),
    ...amount(
      'Tokens',
      ({ tokens }) => tokens,
      (value) => formatCount(value),
    ),
  ];
}
