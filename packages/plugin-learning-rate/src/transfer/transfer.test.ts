import { describe, expect, it } from 'vitest';
import { LearningRateError } from '../laws/setting.js';
import { TRANSFER_RULE_NAMES, TRANSFER_RULES } from './rules.js';
import { type TransferOptions, type TransferPoint, type TransferSettings, transferSettings } from './transfer.js';

const CLASSES = ['embedding', 'hidden', 'norm', 'outputNorm', 'output'];
const untied: TransferOptions = { tied: false, classes: CLASSES };
const tied: TransferOptions = { tied: true, classes: CLASSES.slice(0, 4) };

const base: TransferPoint = { width: 32, layers: 2, headSize: 16, batch: 512, tokens: 1e6 };
const settings: TransferSettings = {
  ...{ peak: 4e-3, weightDecay: 0.1, epsilon: 1e-8, beta1: 0.9, beta2: 0.95, groups: {}, multipliers: {} },
  init: { embedding: 0.02, hidden: 0.02, residual: 0.01, output: 0.02 },
};

/** What a rule multiplies, with common factors and those of classes together. */
function effects(rule: Parameters<typeof transferSettings>[0], target: TransferPoint, options: TransferOptions) {
  const { settings: to, factors } = transferSettings(rule, base, target, settings, options);
  const classes = Object.fromEntries(
    Object.entries(to.groups).map(([name, { rate = 1, weightDecay = 1, epsilon = 1 }]) => [
      name,
      {
        rate: (to.peak * rate) / settings.peak,
        decay: (to.weightDecay * weightDecay) / settings.weightDecay,
        epsilon: (to.epsilon * epsilon) / settings.epsilon,
      },
    ]),
  );
  const variance = Object.fromEntries(
    Object.entries(to.init).map(([kind, std]) => [kind, (std / settings.init[kind]!) ** 2]),
  );
  return { classes, variance, multipliers: to.multipliers, to, factors };
}

/** All numbers of an object, by their paths. */
function flat(value: object): readonly (readonly [string, number])[] {
  return Object.entries(value as Readonly<Record<string, object | number>>).flatMap(([key, one]) =>
    typeof one === 'number' ? [[key, one] as const] : flat(one).map(([rest, own]) => [`${key}.${rest}`, own] as const),
  );
}

function close(found: object, expected: object): void {
  const known = new Map(flat(found));
  for (const [key, value] of flat(expected)) expect(known.get(key), key).toBeCloseTo(value, 10);
}

describe('the published tables', () => {
  it('muP: embedding forward, hidden variance, hidden rate, logits and attention of nanoGPT-mup', () => {
    // mN = 4; heads of twice the size.
    const found = effects('mup', { ...base, width: 128, headSize: 32 }, tied);
    close(found.classes, {
      embedding: { rate: 1, decay: 1, epsilon: 1 },
      hidden: { rate: 1 / 4, decay: 1, epsilon: 1 },
      norm: { rate: 1, decay: 1, epsilon: 1 },
      outputNorm: { rate: 1, decay: 1, epsilon: 1 },
    });
    close(found.variance, { embedding: 1, hidden: 1 / 4, residual: 1 / 4 });
    // One over the head size: of 1 / sqrt(16), half, and not 1 / sqrt(2).
    close(found.multipliers, {
      embedding: 1,
      residual: 1,
      output: 1 / 4,
      attention: Math.SQRT1_2,
    });
    expect(found.multipliers.attention! / Math.sqrt(32)).toBeCloseTo(1 / Math.sqrt(16) / 2, 10);
  });

  it.each([0.5, 0.75, 1])('CompleteP at alpha %f: groups, epsilon and residual scaling of its code', (alpha) => {
    const [mN, mL] = [4, 3];
    const found = effects('completep', { ...base, width: 128, layers: 6 }, { ...untied, alpha });
    const [depth, width] = [mL ** (alpha - 1), 1 / mN];
    const epsilon = (1 / mN) * mL ** -alpha;
    close(found.classes, {
      embedding: { rate: 1, decay: 1, epsilon },
      hidden: { rate: width * depth, decay: 1 / width, epsilon },
      norm: { rate: depth, epsilon },
      outputNorm: { rate: 1, epsilon },
    });
    close(found.variance, { embedding: 1, hidden: 1 / mN, residual: 1 / mN });
    close(found.multipliers, { residual: mL ** -alpha, output: 1 / mN, attention: 1 });
  });

  it.each([0.5, 1])('Complete(d)P at alpha %f: its table of scaling factors', (alpha) => {
    const [mN, mL, mB, mD] = [4, 3, 2, 8];
    const target = { ...base, width: 128, layers: 6, batch: 1024, tokens: 8e6 };
    const found = effects('completed-p', target, { ...untied, alpha });
    const r = Math.sqrt(mB / mD);
    close(found.classes, {
      embedding: { rate: r, epsilon: 1 / mN / r, decay: r },
      hidden: { rate: (mL ** (alpha - 1) / mN) * r, epsilon: (1 / mN) * mL ** -alpha * (1 / r), decay: mN * r },
      norm: { rate: mL ** (alpha - 1) * r, epsilon: (1 / mN) * mL ** -alpha * (1 / r), decay: r },
      outputNorm: { rate: r, epsilon: 1 / r, decay: r },
      output: { rate: r / mN, epsilon: 1 / r, decay: mN * r },
    });
    close(found.variance, { embedding: 1, hidden: 1 / mN, residual: 1 / mN, output: 1 / mN ** 2 });
    close(found.multipliers, { residual: mL ** -alpha, output: 1, attention: 1 });
    close(found.to, { beta1: 1 - (0.1 * mB) / mD, beta2: 1 - (0.05 * mB) / mD });
    // Router and experts are hidden weights.
    expect(TRANSFER_RULES['completed-p'].classes.router).toBe(TRANSFER_RULES['completed-p'].classes.hidden);
    expect(TRANSFER_RULES['completed-p'].classes.expert).toBe(TRANSFER_RULES['completed-p'].classes.hidden);
  });

  it('moves the factor of a tied output matrix into its multiplier', () => {
    const found = effects('completed-p', { ...base, width: 128 }, tied);
    close(found.multipliers, { output: 1 / 4 });
    close(found.classes, { embedding: { rate: 1, epsilon: 1 / 4, decay: 1 } });
  });

  it('standard: the default deviations at the new depth', () => {
    const found = effects('standard', { ...base, width: 128, layers: 8, tokens: 4e6 }, untied);
    expect(found.factors.map(({ of, to }) => [of, to])).toEqual([['initial deviation: residual', 0.005]]);
  });
});

describe('transferSettings', () => {
  const middle = { width: 64, layers: 4, headSize: 32, batch: 1024, tokens: 4e6 };
  const end = { width: 256, layers: 6, headSize: 64, batch: 2048, tokens: 3e7 };

  it('changes nothing for the same run', () => {
    for (const rule of TRANSFER_RULE_NAMES) {
      const { settings: to, factors } = transferSettings(rule, base, base, settings, untied);
      expect(factors).toEqual([]);
      expect(to).toMatchObject({
        peak: 4e-3,
        init: settings.init,
        beta1: 0.9,
        multipliers: { residual: 1, output: 1 },
      });
    }
  });

  it('composes', () => {
    for (const rule of ['standard', 'completed-p'] as const) {
      const first = transferSettings(rule, base, middle, settings, untied).settings;
      const second = transferSettings(rule, middle, end, first, untied).settings;
      close(second, transferSettings(rule, base, end, settings, untied).settings);
    }
  });

  it('lets the rate fall with another power of the tokens, and keeps the product with the decay', () => {
    const target = { ...base, width: 64, tokens: 4e6 };
    const found = transferSettings('completep', base, target, settings, { ...tied, horizon: 0.32 }).settings;
    expect(found.peak).toBeCloseTo(4e-3 * 4 ** -0.32, 10);
    expect(found.peak * found.weightDecay).toBeCloseTo(4e-4, 10);
    const own = transferSettings('completed-p', base, target, settings, tied).settings;
    const half = transferSettings('completed-p', base, target, settings, { ...tied, horizon: 0.5 }).settings;
    close(half, own);
    const third = transferSettings('completed-p', base, target, settings, { ...tied, horizon: 0.32 }).settings;
    expect(third.peak).toBeCloseTo(4e-3 * 4 ** -0.32, 10);
    expect(third.peak * third.weightDecay).toBeCloseTo(own.peak * own.weightDecay, 12);
    expect(third.epsilon).toBe(own.epsilon);
  });

  it('names every reason why a rule does not answer', () => {
    const reasons = (...args: Parameters<typeof transferSettings>) => {
      try {
        transferSettings(...args);
      } catch (error) {
        if (error instanceof LearningRateError) return error.reasons;
        throw error;
      }
      return [];
    };
    expect(reasons('mup', base, end, settings, { ...untied, alpha: 2, horizon: -1, classes: ['bias'] })).toEqual([
      'it is a rule for the width, and the depth changes',
      'it says nothing about the batch, which changes',
      'it has no alpha',
      'alpha is 2, not from 0.5 to 1',
      'the exponent of the horizon is -1, not from 0 to 1',
      'it says nothing about the parameters of class bias',
    ]);
    expect(reasons('completep', base, { ...base, tokens: 2e6 }, settings, untied)).toEqual([
      'it says nothing about the tokens, which change: give an exponent of the horizon, such as 0.32',
    ]);
    // 1 - beta1 would be 0.1 * 40 / 2.
    expect(reasons('completed-p', base, { ...base, batch: 40 * 512, tokens: 2e6 }, settings, untied)).toEqual([
      '1 - beta would be above 1: at this batch it needs 4 times the tokens of the tuned run or more',
    ]);
  });

  it('says what it rests on', () => {
    const { assumptions } = transferSettings('completed-p', base, end, settings, tied);
    expect(assumptions.join(' ')).toMatch(
      /best at its shape.*power of 1\..*head size.*output matrix.*continuous limit/,
    );
  });
});
