import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_PRICES } from '@branchline/accounting';
import { BranchlineError } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { folder, TINY, writeTexts } from '../../test/corpus.js';
import { parseBudget, parseTime } from './budget.js';
import { checkExperiment } from './check.js';

describe('a budget in one line', () => {
  it.each([
    ['2usd', { budget: { money: 2 }, currency: 'USD' }],
    ['2.5 EUR', { budget: { money: 2.5 }, currency: 'EUR' }],
    ['1.5B tokens, 3h', { budget: { tokens: 1.5e9, deviceHours: 3 } }],
    ['1e18flops', { budget: { flops: 1e18 } }],
    ['12 EFLOPs', { budget: { flops: 12e18 } }],
    ['0.5kWh', { budget: { energy: 0.5 } }],
    ['10 device-hours', { budget: { deviceHours: 10 } }],
    ['300k tokens', { budget: { tokens: 300_000 } }],
    ['36s', { budget: { deviceHours: 0.01 } }],
    ['1 minute', { budget: { deviceHours: 1 / 60 } }],
    ['90 min, 5 eur', { budget: { deviceHours: 1.5, money: 5 }, currency: 'EUR' }],
    ['2 days', { budget: { deviceHours: 48 } }],
  ])('%s', (text, expected) => expect(parseBudget(text)).toEqual(expected));

  it.each([
    '',
    'usd',
    '2',
    '2 parsecs',
    '-1h',
    '1h, 2h',
    '2usd, 3eur',
    '1h,',
    '1e999999999999 tokens x',
    'NaNh',
    '1e999h',
    '0h',
    '1constructor',
    // A factor belongs to tokens and FLOPs: this is no million seconds.
    '5ms',
    '3kh',
    '1h, 30min',
    '5m',
  ])('"%s" is not a budget', (text) => expect(parseBudget(text)).toBeUndefined());
});

it.each([
  ['90s', 90],
  ['10m', 600],
  ['10 minutes', 600],
  ['1.5h', 5400],
  ['10', undefined],
  ['0s', undefined],
  ['5 parsecs', undefined],
  ['', undefined],
])('the time "%s" is %s seconds', (text, expected) => expect(parseTime(text)).toBe(expected));

describe('budget, prices and disk of an experiment', () => {
  const fixtures = () => {
    const directory = folder();
    writeTexts(directory);
    writeFileSync(join(directory, 'prices.yaml'), JSON.stringify({ currency: 'USD', devices: [row] }));
    return directory;
  };
  const check = (more: object) =>
    checkExperiment(
      { ...TINY, strategies: { s: ['continual'] }, ...more },
      { baseDirectory: fixtures(), defaultName: 't' },
    );
  const problems = async (more: object) => {
    const error: unknown = await check(more).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BranchlineError);
    return (error as BranchlineError).problems.map(({ configPath, message }) => `${configPath}: ${message}`);
  };
  const row = { match: 'cpu', unit: 'thread', price: { perHour: 0.01, source: 'ours', date: '2026-11' } };

  it('is read in both forms', async () => {
    const { spec } = await check({ budget: { tokens: '1.5M', flops: 1e12, money: 3 }, disk: '2GiB' });
    expect(spec).toMatchObject({ budget: { tokens: 1.5e6, flops: 1e12, money: 3 }, diskLimit: 2 ** 31 });
    expect((await check({ budget: '3h' })).spec.budget).toEqual({ deviceHours: 3 });
    expect((await check({})).spec.prices).toBe(DEFAULT_PRICES);
  });

  it('takes rows of the user before the built-in ones, from the file or in place, in any currency', async () => {
    const { prices } = (await check({ prices: 'prices.yaml' })).spec;
    expect(prices!.devices).toEqual([row, ...DEFAULT_PRICES.devices]);
    const euros = (await check({ prices: { currency: 'EUR', devices: [row] }, budget: '2eur' })).spec;
    expect(euros).toMatchObject({ prices: { currency: 'EUR', devices: [row] }, budget: { money: 2 } });
  });

  it('reports every error with its place', async () => {
    expect(await problems({ budget: 'much', disk: 'little', prices: 'none.json' })).toEqual([
      'budget: "much" is not a budget such as "2usd", "1e18 flops", "1.5B tokens, 3h", "90 s" or "0.5kWh"',
      'prices: there is no file none.json',
      'disk: \'little\' is not an amount of disk such as "2GB" or "500MiB"',
    ]);
    const units = (text: string) =>
      `budget: "${text}" has no unit: write for example "${text}min", "${text}h", "${text}usd" or "${text} tokens"`;
    expect(await problems({ budget: '2' })).toEqual([units('2')]);
    expect(await problems({ budget: 2.5 })).toEqual([units('2.5')]);
    expect(await problems({ budget: '1h, 5M' })).toEqual([units('5M')]);
    expect(await problems({ budget: '2eur' })).toEqual(['budget: is in EUR, but the prices are in USD']);
    expect(await problems({ budget: { tokens: 'many', hours: 3 } })).toEqual([
      "budget.tokens: 'many' is not a number of tokens above 0",
      'budget.hours: there is no setting "hours" here',
    ]);
    const [first] = await problems({ prices: { currency: 'usd', devices: [{ ...row, price: { perHour: -1 } }] } });
    expect(first).toContain('prices.currency: is not a currency such as USD');
  });
});
