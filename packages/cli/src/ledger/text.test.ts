import { readFileSync } from 'node:fs';
import {
  type Amounts,
  BILL_COLUMNS,
  ENTRY_COLUMNS,
  type GroupedBill,
  RESULT_COLUMNS,
  type Row,
} from '@branchline/accounting';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../ui/style.js';
import { groupedText } from './text.js';

const ZERO: Amounts = {
  steps: 0,
  tokens: 0,
  flops: '0',
  device_seconds: '0.000000',
  energy_joules: '0.000',
  money: '0.000000000',
};

const side = (name: string, amounts: Amounts) =>
  Object.fromEntries(Object.entries(amounts).map(([amount, value]) => [`${name}_${amount}`, value]));

/** A row of a grouped bill. */
const row = (by: Row, alone: Amounts = ZERO, share: Amounts = ZERO): Row => ({
  ...by,
  ...side('alone', alone),
  ...side('share', share),
});

const grouped = (change: Partial<GroupedBill>): GroupedBill => ({
  ...{ by: ['strategy'], rows: [row({ strategy: 'a' })], actual: ZERO, rest: ZERO, apart: ZERO, saved: ZERO },
  ...change,
});

const shown = (bill: Partial<GroupedBill>) =>
  groupedText(grouped(bill), 'EUR', { ...styleFor(process.stderr), columns: 300 });

describe('a grouped bill as text', () => {
  it('has a line for work outside the bill or done again', () => {
    const text = shown({ actual: { ...ZERO, steps: 2 }, rest: { ...ZERO, steps: 1, flops: '1000000' } });
    expect(text).toMatch(/for others, or again +1 .*\n +actual +2 /);
    expect(shown({})).not.toContain('for others');
  });

  it('marks unknown amounts', () => {
    const unknown = { ...ZERO, money: null, energy_joules: null };
    expect(shown({ rows: [row({ strategy: 'a' }, unknown)] })).toContain('? is not known');
    expect(shown({})).not.toContain('? is not known');
  });

  it('shows names on one line, without control characters', () => {
    const names = [
      'o\'brien"; drop table bill; --',
      'zwei\nzeilen\t\u001b[31m',
      'שלום \u202e',
      '日本 🚂',
      '$1 %s {}',
      'constructor',
    ];
    const text = shown({ by: ['strategy', 'path'], rows: names.map((name) => row({ strategy: name, path: name })) });
    expect(text).toContain('zwei\\u000azeilen\\u0009\\u001b[31m');
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });
});

it('the README explains every column of the tables', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const names = [...ENTRY_COLUMNS, ...BILL_COLUMNS.slice(0, 9), ...RESULT_COLUMNS].map(({ name }) => name);
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
