import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAW_NAMES, outsideOfLaw, PUBLISHED_LAWS, rateRatio, stepLawBatch } from './published.js';
import { amount, LearningRateError, type Setting } from './setting.js';

const FROM: Setting = { parameters: 84.9e6, tokens: 2e9, batch: 102_400, cooldown: 0.2 };
const ALWAYS = { extrapolate: true };

describe('a ratio of rates', () => {
  it('is the product of powers of the paper', () => {
    const to = { ...FROM, parameters: 10 * FROM.parameters, tokens: 100 * FROM.tokens };
    expect(rateRatio('paper-c', FROM, to, ALWAYS)).toBeCloseTo(10 ** -0.2219 * 100 ** -0.3509, 12);
    expect(rateRatio('step-law', FROM, to, ALWAYS)).toBeCloseTo(10 ** -0.713 * 100 ** 0.307, 12);
    // The unnormalized law of the paper: 6.1e-4 for 1.3B active parameters and 500B tokens.
    const tiny = { ...FROM, parameters: 1, tokens: 1 };
    const large = { ...FROM, parameters: 1300, tokens: 5e11 };
    expect(38.4588 * rateRatio('paper-c', tiny, large, ALWAYS)).toBeCloseTo(6.1e-4, 5);
  });

  it('has exponents for width, batch and horizon where the law has them', () => {
    const wide = { ...FROM, width: 64 };
    const to = { ...wide, parameters: 4 * FROM.parameters, width: 128, batch: 4 * FROM.batch };
    expect(rateRatio('marin', wide, to, ALWAYS)).toBeCloseTo(2 ** -0.37 * 2, 12);
    expect(rateRatio('complete-d-p', FROM, { ...FROM, tokens: 4 * FROM.tokens }, ALWAYS)).toBeCloseTo(0.5, 12);
    expect(rateRatio('public-124m', FROM, { ...FROM, tokens: 2 * FROM.tokens })).toBeCloseTo(2 ** -0.23, 12);
  });

  it('is 1 to the same setting, and inverse on the way back', () => {
    const settings = fc.record({
      parameters: fc.constant(1e6),
      tokens: fc.double({ min: 1e5, max: 1e12, noNaN: true }),
      batch: fc.double({ min: 1e3, max: 1e7, noNaN: true }),
      cooldown: fc.constant(0.2),
    });
    fc.assert(
      fc.property(fc.constantFrom(...LAW_NAMES), settings, settings, (law, a, b) => {
        expect(rateRatio(law, a, a, ALWAYS)).toBe(1);
        expect(rateRatio(law, a, b, ALWAYS) * rateRatio(law, b, a, ALWAYS)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('a law is refused', () => {
  const reasonsOf = (work: () => unknown): readonly string[] => {
    try {
      work();
    } catch (error) {
      if (error instanceof LearningRateError) return error.reasons;
      throw error;
    }
    return [];
  };

  it('outside of the tokens, batch and cooldown that it was fitted on', () => {
    const to = (change: Partial<Setting>) => () => rateRatio('public-124m', FROM, { ...FROM, ...change });
    expect(reasonsOf(to({}))).toEqual([]);
    expect(reasonsOf(to({ tokens: 1e11 }))).toEqual(['100B tokens are 20 times the most of the fit, 5.12B']);
    expect(reasonsOf(to({ batch: 204_800 }))).toEqual([
      'it holds at a fixed batch, which changes from 102k to 205k tokens',
    ]);
    expect(reasonsOf(to({ cooldown: 0.6 }))).toEqual([
      'the rate decays over 0.6 of the steps, and over 0.2 in the fit',
      'the cooldown fraction changes from 0.2 to 0.6, and the best rate with it',
    ]);
    expect(to({ tokens: 1e11 })).toThrow('extrapolate: true uses it all the same');
  });

  it('where it says nothing, even with extrapolate', () => {
    const larger = { ...FROM, parameters: 2 * FROM.parameters };
    for (const law of ['complete-d-p', 'public-124m'] as const) {
      expect(() => rateRatio(law, FROM, larger, ALWAYS)).toThrow('it has no exponent for the size');
    }
    expect(() => rateRatio('marin', FROM, larger, ALWAYS)).toThrow('it is a law in the width, which is not given');
  });

  it('where what it was fitted on is not known', () => {
    for (const law of ['paper-c', 'step-law', 'marin', 'complete-d-p'] as const) {
      expect(reasonsOf(() => rateRatio(law, FROM, FROM)).join()).toContain('is not known');
    }
  });

  it('at another batch than the best one, if it is for that', () => {
    const at = (batch: number) => outsideOfLaw(PUBLISHED_LAWS['step-law'], { ...FROM, batch }, { ...FROM, batch });
    const best = stepLawBatch(FROM.tokens);
    expect(at(best).join()).not.toContain('best batch');
    expect(at(2 * best).join()).toContain(`it holds at the best batch, ${amount(best)} tokens for 2B`);
  });
});

it('every law has a source and what it was fitted on', () => {
  for (const { source, fittedOn } of Object.values(PUBLISHED_LAWS)) {
    expect(source).toMatch(/arXiv|public/);
    expect(fittedOn.length).toBeGreaterThan(20);
  }
});
