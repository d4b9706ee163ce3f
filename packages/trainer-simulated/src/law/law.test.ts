import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { type Formula, lawSchema, lossAfter, predictCurve, relativeInterval } from './law.js';
import { PUBLISHED_LAWS } from './published.js';
import { RateHistory } from './rate-history.js';

const ANNEALING: Formula = {
  form: 'annealing',
  constants: { L0: 2.6, A: 0.6, alpha: 0.5, C: 0.5, lambda: 0.999 },
  warmup: 'actual',
};
const SUBLINEAR: Formula = {
  form: 'sublinear-annealing',
  constants: { L0: 2.6, A: 2, alpha: 0.5, C: 0.5, lambda: 0.998, power: 0.7 },
  warmup: 'actual',
};
const MULTI_POWER: Formula = PUBLISHED_LAWS.get('multi-power-100m')!;

/** The laws as the papers write them, with sums over all steps. */
function fullSums(law: Formula, rates: readonly number[]): number {
  let start = 0;
  while (rates[start] === 0 || rates[start]! > (rates[start - 1] ?? 0)) start++;
  const peaked = law.warmup === 'peak' ? rates.map((rate, i) => (i < start ? rates[start - 1]! : rate)) : rates;
  const first = law.warmup === 'peak' ? peaked[0]! : 0;
  const fall = (k: number) => (k === 0 ? first : peaked[k - 1]!) - peaked[k]!;
  const sum = (of: readonly number[]) => of.reduce((all, one) => all + one, 0);
  if ('B' in law.constants) {
    const { L0, A, alpha, B, C, beta, gamma } = law.constants;
    let gained = 0;
    for (const [k, rate] of peaked.entries()) {
      const since = sum(peaked.slice(k));
      if (fall(k) !== 0 && since > 0) gained += fall(k) * (1 - (1 + C * rate ** -gamma * since) ** -beta);
    }
    return L0 + A * sum(peaked) ** -alpha - B * gained;
  }
  const {
    L0,
    A,
    alpha,
    C,
    lambda,
    power = 1,
  } = law.constants as { power?: number } & typeof ANNEALING.constants & {
      lambda: number;
    };
  let [momentum, s2] = [0, 0];
  for (const k of peaked.keys()) {
    momentum = lambda * momentum + fall(k);
    s2 += momentum;
  }
  return L0 + A * sum(peaked.map((rate) => rate ** power)) ** -alpha - C * s2;
}

const schedule = (steps: number, of: (share: number) => number) => {
  const warmup = Math.round(steps / 10);
  return Array.from({ length: steps }, (_, i) =>
    i < warmup ? (3e-4 * (i + 1)) / warmup : of((i - warmup) / (steps - warmup)),
  );
};

const SCHEDULES = {
  constant: schedule(600, () => 3e-4),
  cosine: schedule(900, (r) => 3e-5 + 2.7e-4 * 0.5 * (1 + Math.cos(Math.PI * r))),
  'linear to 0': schedule(700, (r) => 3e-4 * (1 - r)),
  're-warming': schedule(800, (r) => (r < 0.5 ? 3e-4 * (1 - 1.8 * r) : 6e-4 * (r - 0.45))),
  steps: schedule(500, (r) => (r < 0.5 ? 3e-4 : 9e-5)),
};

describe.each(Object.entries({ ANNEALING, SUBLINEAR, MULTI_POWER }))('%s', (_, law) => {
  it.each(Object.entries(SCHEDULES))('is within 1e-5 of the full sums: %s', (_name, rates) => {
    for (const handling of ['actual', 'peak'] as const) {
      const own = { ...law, warmup: handling };
      const [predicted] = predictCurve(own, Float64Array.from(rates), [rates.length]);
      expect(Math.abs(predicted! / fullSums(own, rates) - 1)).toBeLessThan(1e-5);
    }
  });

  it('predicts a lower loss at the end of a decay than without it', () => {
    const last = (of: (share: number) => number) =>
      predictCurve(law, Float64Array.from(schedule(20_000, of)), [20_000])[0]!;
    expect(last((r) => (r < 0.9 ? 3e-4 : 3e-3 * (1 - r)))).toBeLessThan(last(() => 3e-4));
  });

  it('is infinite before the first step', () => {
    expect(lossAfter(law, new RateHistory().snapshot())).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a history of rates', () => {
  it('is the same, bit for bit, wherever it was saved', () => {
    const rate = fc.oneof(fc.constant(3e-4), fc.constant(0), fc.double({ min: 0, max: 1e-3, noNaN: true }));
    fc.assert(
      fc.property(fc.array(rate, { minLength: 1, maxLength: 200 }), fc.nat(), (rates, at) => {
        const [whole, cut] = [new RateHistory(0.7), new RateHistory(0.7)];
        for (const one of rates) whole.push(one);
        const stop = at % rates.length;
        for (const one of rates.slice(0, stop)) cut.push(one);
        const restored = RateHistory.fromNumbers(cut.toNumbers(), 0.7);
        for (const one of rates.slice(stop)) restored.push(one);
        expect(restored.toNumbers()).toEqual(whole.toNumbers());
      }),
      { numRuns: inject('full') ? 500 : 100 },
    );
  });

  it('stays small on long curves', () => {
    const history = new RateHistory();
    for (let step = 0; step < 72_000; step++) history.push(3e-4 * 0.5 * (1 + Math.cos((Math.PI * step) / 72_000)));
    expect(history.toNumbers().length).toBeLessThan(5000);
  });

  it('refuses numbers that are not its own', () => {
    expect(() => RateHistory.fromNumbers(Float64Array.of(1, 2))).toThrow('2 numbers are not a history');
  });
});

describe('a law', () => {
  it.each([...PUBLISHED_LAWS])('%s is one that a file could have', (name, law) => {
    expect(lawSchema.parse(JSON.parse(JSON.stringify(law)))).toEqual(law);
    expect(law.name).toBe(name);
    expect(relativeInterval(law)).toBeGreaterThan(0);
  });

  it('has the interval of held-out curves, if they are worse', () => {
    const { fitted } = PUBLISHED_LAWS.get('multi-power-100m')!;
    const heldOut = { ...fitted.errors, p95: 0.02 };
    expect(relativeInterval({ fitted: { ...fitted, heldOut } })).toBe(0.02);
  });

  it('predicts only what was trained', () => {
    expect(() => predictCurve(ANNEALING, Float64Array.of(1e-3), [2])).toThrow('no state after 2 of 1 steps');
  });
});
