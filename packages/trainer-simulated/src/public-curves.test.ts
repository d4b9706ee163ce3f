/** Laws on public curves, with the figures of docs/predict-losses.md. Skipped without BRANCHLINE_CURVES. */
import { describe, expect, it } from 'vitest';
import {
  cooldowns,
  errorsOn,
  fittedCurves,
  hasCurves,
  multiPowerCurve,
  print,
  SCHEDULES,
} from '../test/public-curves.js';
import { fitLaw } from './fit/fit-law.js';
import type { LawForm } from './law/law.js';
import { PUBLISHED_LAWS } from './law/published.js';

const SIZES = [25, 100, 400] as const;

describe.runIf(hasCurves)('the published multi-power law', () => {
  it.each(SIZES)('reproduces its curves of %dM parameters', (size) => {
    const law = PUBLISHED_LAWS.get(`multi-power-${size}m`)!;
    const means = SCHEDULES.map((name) => errorsOn(law, [multiPowerCurve(size, name)]).mean);
    expect(Math.max(...means)).toBeLessThan(0.0029);
    const found = errorsOn(
      law,
      SCHEDULES.map((name) => multiPowerCurve(size, name)),
    );
    print(`published multi-power law, ${size}M, 9 curves`, found);
    // The errors in the table of published laws are these.
    const { errors } = law.fitted;
    expect(found.points).toBe(errors.points);
    for (const key of ['mean', 'max', 'end', 'p95'] as const) expect(found[key]).toBeCloseTo(errors[key], 4);
  });
});

const FORMS: readonly LawForm[] = ['annealing', 'sublinear-annealing', 'multi-power'];

describe.runIf(hasCurves)('a law fitted to one constant run and one cosine', () => {
  it('predicts the other seven schedules of multi-power-law, best with the default form', () => {
    const best: LawForm[] = [];
    for (const size of SIZES) {
      const curveOf = (name: string) => multiPowerCurve(size, name);
      const fitted = ['constant_24000', 'cosine_24000'];
      const others = SCHEDULES.filter((name) => !fitted.includes(name)).map(curveOf);
      const found = FORMS.map((form) => ({ form, ...errorsOn(fitLaw(fitted.map(curveOf), { form }), others) }));
      for (const one of found) print(`${one.form}, ${size}M, 7 other schedules`, one);
      best.push(found.sort((a, b) => a.mean - b.mean)[0]!.form);
      const own = found.find(({ form }) => form === 'sublinear-annealing')!;
      expect(own.mean).toBeLessThan(0.0015);
      expect(own.end).toBeLessThan(0.0075);
    }
    expect(new Set(best)).toEqual(new Set(['sublinear-annealing']));
  });

  it.each([
    ['0.001', { ends: 0.0033, end: 0.0078, mean: 0.0019 }],
    ['0.0005', { ends: 0.003, end: 0.0092, mean: 0.0017 }],
  ])('predicts 24 cooldowns of lr-scheduling at %s', (rate, most) => {
    const [fitted, others] = [fittedCurves(rate), cooldowns(rate)];
    expect(others).toHaveLength(24);
    const found = FORMS.map((form) => ({ form, ...errorsOn(fitLaw(fitted, { form }), others) }));
    for (const one of found) print(`${one.form}, lr ${rate}, 24 cooldowns`, one);
    const own = found.find(({ form }) => form === 'sublinear-annealing')!;
    for (const key of ['ends', 'end', 'mean'] as const) expect(own[key]).toBeLessThan(most[key]);
    // No other form has a smaller mean error, nor a smaller largest one.
    expect(Math.min(...found.map(({ mean }) => mean))).toBe(own.mean);
    expect(Math.min(...found.map(({ end }) => end))).toBe(own.end);
  });
});

// The range of lengths in which optimize and plan --scale take predictions: docs/predict-losses.md.
describe.runIf(hasCurves)('a law fitted to runs three times as long', () => {
  it.each(['0.001', '0.0005'])(
    'predicts cooldowns of lr-scheduling that end at 15,000 of 50,000 steps, at %s',
    (rate) => {
      const others = cooldowns(rate).filter(({ name }) => name.includes('iter15000'));
      expect(others).toHaveLength(6);
      const found = errorsOn(fitLaw(fittedCurves(rate, 50_000)), others);
      print(`fitted to 50,000 steps, lr ${rate}, 6 cooldowns of 15,000`, found);
      expect(found.end).toBeLessThan(0.01);
    },
  );

  it.each(SIZES)('predicts the runs of 16,000 to 24,000 steps of multi-power-law, %dM', (size) => {
    const curveOf = (name: string) => multiPowerCurve(size, name);
    const fitted = ['constant_72000', 'cosine_72000'];
    const others = SCHEDULES.filter((name) => !fitted.includes(name)).map(curveOf);
    const found = errorsOn(fitLaw(fitted.map(curveOf)), others);
    print(`fitted to 72,000 steps, ${size}M, 7 others`, found);
    expect(found.end).toBeLessThan(0.01);
  });
});
