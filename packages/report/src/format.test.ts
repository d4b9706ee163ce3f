import { describe, expect, it } from 'vitest';
import {
  fitText,
  formatCount,
  formatDate,
  formatDifference,
  formatEnergy,
  formatFlops,
  formatInteger,
  formatLoss,
  formatMoney,
  formatPercent,
  formatRate,
  formatSeconds,
  textWidth,
} from './format.js';

const plain = (text: string) => text.replaceAll(' ', ' ');

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [12, '12'],
    [999, '999'],
    [819_200, '819k'],
    [1_200_000, '1.2M'],
    [999_950, '1M'],
    [1.5e13, '15T'],
  ])('counts %d as %s', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it('keeps zeros to align columns', () => {
    expect(formatCount(1_900_000, true)).toBe('1.90M');
    expect(formatCount(999_950, true)).toBe('1.00M');
    expect(formatCount(16, true)).toBe('16');
    expect(plain(formatFlops(9.9e12, true))).toBe('9.90 TFLOP');
    expect(plain(formatFlops(9.999e12, true))).toBe('10.0 TFLOP');
  });

  it('adds units', () => {
    expect(plain(formatFlops(3.4e13))).toBe('34 TFLOP');
    expect(plain(formatFlops(0))).toBe('0 FLOP');
    expect(['0', '0.42', '9.9', '41', '99.4'].map((s) => plain(formatSeconds(Number(s))))).toEqual([
      '0 s',
      '0.42 s',
      '9.9 s',
      '41 s',
      '99.4 s',
    ]);
    expect([99.6, 125, 3599.7, 11_220, 187_200].map((s) => plain(formatSeconds(s)))).toEqual([
      '1 min 40 s',
      '2 min 05 s',
      '1 h 00 min',
      '3 h 07 min',
      '2 d 04 h',
    ]);
    expect(formatInteger(1_234_567)).toBe('1,234,567');
  });

  it('signs differences and never writes a negative zero', () => {
    expect(formatDifference(-0.04)).toBe('−0.040');
    expect(formatDifference(0.0141)).toBe('+0.014');
    expect(formatDifference(-0.0001)).toBe('0.000');
    expect(formatLoss(1.2905)).toBe('1.290');
  });

  it('writes shares, rates and dates', () => {
    expect([0.58, 0.5834, 1, 0].map(formatPercent)).toEqual(['58%', '58.3%', '100%', '0%']);
    expect([0.003, 3e-5, 0].map(formatRate)).toEqual(['0.003', '3e−5', '0']);
    expect(formatDate('2026-03-14T09:26:53.000Z')).toBe('2026-03-14 09:26 UTC');
    expect(formatDate('yesterday')).toBe('yesterday');
  });

  it('cuts long texts between graphemes', () => {
    expect(fitText('short', 100, 12)).toBe('short');
    const family = '👩‍👩‍👧‍👦';
    const cut = fitText(family.repeat(20), 100, 12);
    expect(cut.endsWith('…')).toBe(true);
    expect(cut.slice(0, -1)).toBe(family.repeat((cut.length - 1) / family.length));
    expect(textWidth(cut, 12)).toBeLessThanOrEqual(100);
  });

  it('shows energy and money with significant digits', () => {
    expect([0, 91.019, 6400, 3.6e6].map((joules) => plain(formatEnergy(joules)))).toEqual([
      '0 J',
      '91 J',
      '6.4 kJ',
      '1 kWh',
    ]);
    expect([0, 0.00032237, 2.5, 41_120.3].map(formatMoney)).toEqual(['0', '0.000322', '2.5', '41,120']);
  });
});
