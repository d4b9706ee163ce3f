import { describe, expect, it } from 'vitest';
import { expandSchedule, rateAt } from '../path/rate-pieces.js';
import { type ScheduleOption, scheduleSchema, stagesOf } from './schedule-option.js';

/** Rates of 10 steps at peak 1, minRatio 0, no warm-up. */
function rates(option: ScheduleOption): readonly number[] {
  const pieces = expandSchedule({
    steps: 10,
    warmup: 0,
    base: 1,
    min: 0,
    schedule: stagesOf(scheduleSchema.parse(option)),
  });
  return pieces.flatMap((piece) =>
    Array.from({ length: piece.steps }, (_, index) => Number(rateAt(piece, index).toFixed(3))),
  );
}

describe('a schedule as an option', () => {
  it('decays along half a cosine to the minimum', () => {
    expect(rates('cosine')).toEqual([0.976, 0.905, 0.794, 0.655, 0.5, 0.345, 0.206, 0.095, 0.024, 0]);
  });

  it('holds for half of the steps, then falls linearly with knee', () => {
    expect(rates('knee')).toEqual([1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0]);
    expect(rates({ kind: 'knee', hold: 0.8 })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0]);
  });

  it('steps down to 31.6% and 10% with multi-step', () => {
    expect(rates('multi-step')).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.316, 0.1]);
  });

  it('decays over the last fifth with stable-decay, along the chosen curve', () => {
    expect(rates('stable-decay')).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.293, 0]);
    expect(rates({ kind: 'stable-decay', decay: 0.4, curve: 'linear' }).slice(6)).toEqual([0.75, 0.5, 0.25, 0]);
  });

  it('stays at the peak with constant', () => {
    expect(rates('constant')).toEqual(new Array(10).fill(1));
  });

  it('falls fastest with 1-sqrt, and in a straight line with linear', () => {
    expect(rates('1-sqrt').slice(0, 3)).toEqual([0.684, 0.553, 0.452]);
    expect(rates('linear').slice(0, 3)).toEqual([0.9, 0.8, 0.7]);
  });

  it('accepts a list of stages unchanged', () => {
    const stages = [
      { share: 0.5, curve: 'constant', to: 0.5 },
      { share: 0.5, curve: 'linear', to: 'min' },
    ] as const;
    expect(stagesOf(scheduleSchema.parse(stages))).toEqual(stages);
    expect(scheduleSchema.safeParse([{ share: 0.5, curve: 'linear', to: 'min' }]).success).toBe(false);
  });

  it('names the new level for an old one', () => {
    const old = scheduleSchema.safeParse([{ share: 1, curve: 'linear', to: 'floor' }]);
    expect(old.error!.issues[0]!.message).toBe('the level "floor" of a stage is called "min"');
  });

  it('gives the same stages with default options written out and omitted', () => {
    expect(stagesOf(scheduleSchema.parse({ kind: 'knee' }))).toEqual(stagesOf('knee'));
    expect(stagesOf({ kind: 'knee' })).toEqual(stagesOf('knee'));
    expect(stagesOf(scheduleSchema.parse({ kind: 'stable-decay' }))).toEqual(stagesOf('stable-decay'));
  });
});
