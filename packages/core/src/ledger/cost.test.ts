import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addCost, NO_COST, partOfCost, roundCost, sumCosts } from './cost.js';
import { costOfEntry, type LedgerEntry } from './entry.js';

test('adjacent parts add up exactly to the whole', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.nat(40)),
      (flops, whole, cuts) => {
        const cost = { ...NO_COST, flops, steps: 7n, nanos: flops / 3n };
        const ends = [0, ...cuts.filter((cut) => cut <= whole).sort((a, b) => a - b), whole];
        const parts = ends.slice(1).map((end, index) => partOfCost(cost, ends[index]!, end, whole));
        expect(sumCosts(parts)).toEqual(cost);
      },
    ),
    { seed: 1 },
  );
});

const entry = (change: Partial<LedgerEntry>) =>
  ({
    kind: 'train',
    steps: 1,
    tokens: 1,
    flops: '1',
    deviceSeconds: 0,
    energyJoules: 0,
    money: 0,
    ...change,
  }) as LedgerEntry;

test('sums are exact at 10^26 FLOPs and to the billionth of the currency', () => {
  const lines = Array.from({ length: 1000 }, () =>
    entry({ flops: '100000000000000000000000001', money: 0.000000001, deviceSeconds: 0.1, energyJoules: 0.003 }),
  );
  const sum = sumCosts(lines.map(costOfEntry));
  expect(sum.flops).toBe(100000000000000000000000001000n);
  expect([sum.nanos, sum.microseconds, sum.millijoules]).toEqual([1000n, 100_000_000n, 3000n]);
  expect(roundCost(sum).deviceSeconds).toBe(100);
});

test('unknown amounts are null, not zero', () => {
  const known = costOfEntry(entry({ deviceSeconds: 5, energyJoules: 10, money: 2 }));
  const unknown = costOfEntry(entry({ deviceSeconds: 5, energyJoules: null, money: null }));
  expect(roundCost(known)).toMatchObject({ energyJoules: 10, money: 2 });
  expect(roundCost(addCost(known, unknown))).toMatchObject({ deviceSeconds: 10, energyJoules: null, money: null });
});

test('reuse costs nothing, and an evaluation trains on no tokens', () => {
  expect(costOfEntry(entry({ kind: 'reuse', tokens: 9 }))).toEqual(NO_COST);
  expect(costOfEntry(entry({ kind: 'evaluate', steps: 0, tokens: 9 })).tokens).toBe(0n);
});
