import { stripVTControlCharacters } from 'node:util';
import colors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { columnsOf, type Style } from './style.js';
import { proseLines, table } from './table.js';

const wide = (columns: number): Style => ({ ...colors.createColors(false), columns });
const widest = (text: string) => Math.max(...text.split('\n').map((line) => stringWidth(line)));
const names = Array.from(
  { length: 200 },
  (_, index) => `path switching, ${'学习率'.repeat(6)}, peak ${index}e-4, on all of the data so far`,
);

describe('a table', () => {
  test('that fits is left alone', () => {
    expect(table(['a', 'b'], [['one', '2']], wide(100), [1])).toBe('  a    b\n  one  2');
  });

  test('shortens names that are too long, and keeps them different', () => {
    const text = table(
      ['strategy', 'loss'],
      names.map((name) => [name, '3.1234']),
      wide(60),
      [1],
    );
    expect(widest(text)).toBeLessThanOrEqual(60);
    const shown = text.split('\n').slice(1);
    expect(shown.length).toBe(200);
    expect(new Set(shown).size).toBe(200);
    for (const line of shown) expect(line).toContain('3.1234');
  });

  test('uses a wider terminal', () => {
    const rows = [[`${'x'.repeat(90)}`, `${'y'.repeat(60)}`]];
    expect(widest(table(['a', 'b'], rows, wide(160)))).toBe(154);
    expect(widest(table(['a', 'b'], rows, wide(100)))).toBeLessThanOrEqual(100);
  });

  test('never shortens a number: it is split, and every block has the names', () => {
    const versions = Array.from({ length: 12 }, (_, index) => `2024-${String(index + 1).padStart(2, '0')}`);
    const rows = ['first', 'second'].map((name, at) => [
      name,
      ...versions.map((_, index) => `3.${at}${index}00 ±0.0123`),
    ]);
    const text = table(
      ['strategy', ...versions],
      rows,
      wide(60),
      versions.map((_, index) => index + 1),
    );
    expect(widest(text)).toBeLessThanOrEqual(60);
    for (const row of rows) for (const cell of row) expect(text).toContain(cell);
    for (const version of versions) expect(text).toContain(version);
    const blocks = text.split('\n\n');
    expect(blocks.length).toBeGreaterThan(2);
    for (const block of blocks) expect(block.match(/first|second/g)).toEqual(['first', 'second']);
  });

  test('leaves no column alone in the last block', () => {
    const numbers = ['3.1234 ±0.0123', '3.1234 ±0.0123', '-0.0300 [-0.0550, -0.0050]'];
    const text = table(
      ['', 'v1', 'v2', 'to baseline', 'verdict'],
      [['a strategy', ...numbers, 'equivalent']],
      wide(75),
      [1, 2, 3],
    );
    expect(text.split('\n\n').at(-1)).toMatch(/to baseline {2}verdict/);
  });

  test('keeps columns of numbers, intervals and dates whole, also where they are left-aligned', () => {
    const rows = [[`${'a name '.repeat(12)}`, '[-0.0396, -0.0224]', '2026-12-01 03:41']];
    const text = table(['', 'interval', 'written (UTC)'], rows, wide(60));
    expect(text).toContain('[-0.0396, -0.0224]');
    expect(text).toContain('2026-12-01 03:41');
  });

  test('continues sentences on further lines, without losing a word or a colour', () => {
    const sentence = 'the opposite is established: the interval lies above the margin under every seed of the run';
    const text = table(['claim', ''], [['a-claim', colors.createColors(true).red(sentence)]], wide(60), [], [1]);
    expect(widest(text)).toBeLessThanOrEqual(60);
    const lines = text
      .split('\n')
      .slice(1)
      .map((line) => stripVTControlCharacters(line).replace('a-claim', '').trim());
    expect(lines.join(' ')).toBe(sentence);
    for (const line of text.split('\n').slice(1))
      expect([line.includes('\u001b[31m'), line.endsWith('\u001b[39m')]).toEqual([true, true]);
  });

  test('breaks words that are wider than their column', () => {
    expect(proseLines('/a/very/long/path', 6)).toEqual(['/a/ver', 'y/long', '/path']);
    expect(proseLines('学习率学习率', 4)).toEqual(['学习', '率学', '习率']);
  });
});

test('the width is that of COLUMNS, of the terminal, or 100', () => {
  const before = process.env.COLUMNS;
  try {
    delete process.env.COLUMNS;
    expect(columnsOf({ isTTY: true, columns: 140 })).toBe(140);
    expect(columnsOf({ isTTY: true, columns: 20 })).toBe(60);
    expect(columnsOf({ isTTY: false, columns: 0 })).toBe(100);
    process.env.COLUMNS = '120';
    expect(columnsOf({ isTTY: true, columns: 140 })).toBe(120);
    expect(columnsOf({ isTTY: false, columns: 0 })).toBe(120);
    process.env.COLUMNS = 'wide';
    expect(columnsOf({ isTTY: false, columns: 0 })).toBe(100);
  } finally {
    if (before === undefined) delete process.env.COLUMNS;
    else process.env.COLUMNS = before;
  }
});
