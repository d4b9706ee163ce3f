import { describe, expect, it } from 'vitest';
import { type CurveOptions, parseCurve } from './csv.js';
import type { LossCurve } from './curve.js';

const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join('\n');
const curve = (text: string, options: Partial<CurveOptions> = {}) =>
  parseCurve(text, { name: 'a', ...options }) as LossCurve;
const problems = (text: string, options: Partial<CurveOptions> = {}) => parseCurve(text, { name: 'a', ...options });

describe('a CSV file of a curve', () => {
  it('gives a rate for every step, and losses', () => {
    const { rates, steps, losses } = curve(
      `step,lr,loss\n${rows(12, (i) => `${10 * i + 20},${i < 6 ? 1e-3 : 1e-4},${3 - i / 10}`)}`,
      {
        warmup: 4,
      },
    );
    expect([...rates.slice(0, 5)]).toEqual(
      [2e-4, 4e-4, 6e-4, 8e-4, 1e-3].map((rate) => expect.closeTo(rate, 12) as number),
    );
    // One constant after another: the rate jumps where the second one begins.
    expect([rates[79], rates[80]]).toEqual([1e-3, 1e-4]);
    expect([steps[0], steps.at(-1), losses[0]]).toEqual([20, 130, 3]);
  });

  it('interpolates rates that change', () => {
    const { rates } = curve(`step,lr,loss\n${rows(11, (i) => `${10 * i},${1e-3 * (1 - i / 10)},3`)}`);
    expect(rates[55]).toBeCloseTo(4.5e-4, 12);
  });

  it('can have other columns, quotes, empty cells and Windows line ends', () => {
    const text = `"step","lr","train_loss","val_loss"\r\n0,,,10.9\r\n${rows(24, (i) => `${i + 1},0.001,9,${i % 2 ? '3.5' : ''}`).replaceAll('\n', '\r\n')}\r\n`;
    const { steps, losses } = curve(text, { column: 'val_loss' });
    expect(steps.length).toBe(12);
    expect(new Set(losses)).toEqual(new Set([3.5]));
  });

  it('leaves out losses of the warm-up, or before a given step', () => {
    const text = `step,lr,loss\n${rows(40, (i) => `${i},${Math.min(1e-3, i * 1e-4)},3`)}`;
    expect(curve(text).steps[0]).toBe(10);
    expect(curve(text, { from: 25 }).steps[0]).toBe(25);
  });

  it.each([
    ['', [{ message: 'is empty' }]],
    ['\n\n', [{ message: 'is empty' }]],
    ['step,loss\n1,2', [{ line: 1, message: 'has no column "lr": its columns are step, loss' }]],
    [
      'a\n1',
      ['step', 'lr', 'loss'].map((name) => ({ line: 1, message: `has no column "${name}": its columns are a` })),
    ],
    [
      'step,lr,loss\n5,0.1,3\n4,0.1,3\n6,NaN,nix\nx,0.1,3\n7,-1,Infinity\n8,0.1,-2\n9',
      [
        { line: 3, message: 'step 4 comes after step 5: steps must ascend' },
        { line: 4, message: 'lr "NaN" is not a rate, a finite number of 0 or more' },
        { line: 4, message: 'loss "nix" is not a loss, a finite number above 0' },
        { line: 5, message: 'step "x" is not a whole number from 0 to 100000000' },
        { line: 6, message: 'lr "-1" is not a rate, a finite number of 0 or more' },
        { line: 6, message: 'loss "Infinity" is not a loss, a finite number above 0' },
        { line: 7, message: 'loss "-2" is not a loss, a finite number above 0' },
      ],
    ],
    ['step,lr,loss\n1,,3', [{ message: 'has no learning rate' }]],
    [
      'step,lr,loss\n1,0.1,3\n2,0.1,3',
      [{ message: 'has 2 losses from step 0 on; a fit needs 10 or more of each curve' }],
    ],
  ])('%j is refused, with every problem and its line', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
