import { describe, expect, it } from 'vitest';
import type { LawForm, LossLaw } from '../law/law.js';
import { predictCurve } from '../law/law.js';
import type { LossCurve } from './curve.js';
import { fitLaw } from './fit-law.js';

const LENGTH = 6000;
const rates = (of: (share: number) => number) =>
  Float64Array.from({ length: LENGTH }, (_, i) => (i < 200 ? (5e-4 * (i + 1)) / 200 : of((i - 200) / (LENGTH - 200))));
const SCHEDULES = {
  constant: rates(() => 5e-4),
  cosine: rates((r) => 5e-5 + 4.5e-4 * 0.5 * (1 + Math.cos(Math.PI * r))),
  decay: rates((r) => (r < 0.7 ? 5e-4 : (5e-4 * (1 - r)) / 0.3)),
};
const STEPS = Float64Array.from({ length: 56 }, (_, i) => 500 + 100 * i);

/** A curve of a law, with an error of up to `noise`, relative to the loss. */
function curveOf(law: Parameters<typeof predictCurve>[0], name: keyof typeof SCHEDULES, noise = 0): LossCurve {
  const losses = predictCurve(law, SCHEDULES[name], STEPS).map((loss, i) => loss * (1 + noise * Math.sin(7.3 * i)));
  return { name, rates: SCHEDULES[name], steps: STEPS, losses };
}

const LAWS: Record<LawForm, Pick<LossLaw, 'form' | 'constants' | 'warmup'>> = {
  annealing: {
    form: 'annealing',
    constants: { L0: 2.6, A: 0.7, alpha: 0.55, C: 0.3, lambda: 0.999 },
    warmup: 'peak',
  },
  'sublinear-annealing': {
    form: 'sublinear-annealing',
    constants: { L0: 2.6, A: 2, alpha: 0.5, C: 0.6, lambda: 0.998, power: 0.7 },
    warmup: 'actual',
  },
  'multi-power': {
    form: 'multi-power',
    constants: { L0: 2.6, A: 0.6, alpha: 0.45, B: 400, C: 2, beta: 0.6, gamma: 0.65 },
    warmup: 'actual',
  },
};

describe.each(Object.values(LAWS))('$form', (truth) => {
  it('finds the law that made the curves: a third schedule is predicted within 0.1%', () => {
    const heldOut = [curveOf(truth, 'decay')];
    const law = fitLaw([curveOf(truth, 'constant'), curveOf(truth, 'cosine')], { form: truth.form, heldOut });
    expect(law.fitted.errors.max).toBeLessThan(1e-3);
    expect(law.fitted.heldOut!.max).toBeLessThan(1e-3);
    expect(law).toMatchObject({ form: truth.form, warmup: truth.warmup });
    expect(law.fitted).toMatchObject({ curves: ['constant', 'cosine'], steps: [6000, 6000] });
    expect(law.fitted.peaks[1]).toBeCloseTo(5e-4, 10);
  });
});

describe('a fit', () => {
  const noisy = [curveOf(LAWS.annealing, 'constant', 0.002), curveOf(LAWS.annealing, 'cosine', 0.002)];

  it('is deterministic, bit for bit', () => {
    expect(fitLaw(noisy)).toEqual(fitLaw(noisy));
  });

  it('says how far off it is', () => {
    const { errors } = fitLaw(noisy, { form: 'annealing' }).fitted;
    expect(errors.points).toBe(112);
    expect(errors.mean).toBeGreaterThan(5e-4);
    expect(errors.max).toBeLessThan(4e-3);
    expect(errors.p95).toBeLessThanOrEqual(errors.max);
  });

  it('survives outliers, as Huber promises', () => {
    const losses = noisy[0]!.losses.map((loss, i) => (i === 20 ? 3 * loss : loss));
    const law = fitLaw([{ ...noisy[0]!, losses }, noisy[1]!], { form: 'annealing', heldOut: noisy });
    expect(law.fitted.heldOut!.max).toBeLessThan(5e-3);
  });

  it('works on a single constant run, which says nothing of falls', () => {
    expect(fitLaw([noisy[0]!]).fitted.errors.max).toBeLessThan(5e-3);
  });

  it('refuses fewer points than constants, and can be stopped', () => {
    const few = { ...noisy[0]!, steps: STEPS.slice(0, 4), losses: noisy[0]!.losses.slice(0, 4) };
    expect(() => fitLaw([few])).toThrow('4 points cannot determine 4 constants');
    const onStart = () => {
      throw new Error('stopped');
    };
    expect(() => fitLaw(noisy, { onStart })).toThrow('stopped');
  });
});
