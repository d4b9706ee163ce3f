import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

/** Tells a pace about steps of 100 tokens, `apart` milliseconds apart, from `begin` on. Returns the last moment. */
function steps(pace: Pace, { begin = 0, apart, count }: { begin?: number; apart: number; count: number }): number {
  for (let index = 0; index < count; index++) pace.trained(begin + index * apart, 100);
  return begin + (count - 1) * apart;
}

describe('the time left', () => {
  it('is not known after the first news, however soon or late they come', () => {
    for (const first of [1, 60_000, 3_600_000]) {
      const pace = new Pace();
      pace.trained(first, 100);
      expect(pace.left(first, 100_000)).toBeUndefined();
      expect(pace.speed(first)).toBeUndefined();
    }
  });

  it('is not known from a burst of news', () => {
    const pace = new Pace();
    const now = steps(pace, { apart: 0.01, count: 1_000 });
    expect(pace.left(now, 1e9)).toBeUndefined();
  });

  it('is that of even steps', () => {
    const pace = new Pace();
    const now = steps(pace, { apart: 1_000, count: 20 });
    expect(pace.left(now, 1_500)).toEqual({ seconds: 15, from: 'this run' });
    expect(pace.speed(now)).toBeCloseTo(100);
  });

  it('does not count a first step that takes minutes', () => {
    const pace = new Pace();
    const now = steps(pace, { begin: 180_000, apart: 100, count: 40 });
    expect(pace.left(now, 10_000)!.seconds).toBeCloseTo(10, 1);
  });

  it('does not count further first steps that take long', () => {
    const pace = new Pace();
    for (const now of [1, 30_000, 45_000, 60_000]) pace.trained(now, 100);
    const now = steps(pace, { begin: 60_100, apart: 100, count: 100 });
    expect(pace.left(now, 10_000)!.seconds).toBeCloseTo(10, 1);
  });

  it('is known for steps that take minutes', () => {
    const pace = new Pace();
    const now = steps(pace, { apart: 120_000, count: 4 });
    expect(pace.left(now, 1_000)!.seconds).toBeCloseTo(1_200);
    expect(pace.left(now + 100_000, 1_000)!.seconds).toBeCloseTo(1_200);
  });

  it('is none when nothing is left', () => {
    const pace = new Pace(10);
    const now = steps(pace, { apart: 1_000, count: 20 });
    expect(pace.left(now, 0)).toBeUndefined();
    expect(pace.left(now, -100)).toBeUndefined();
    expect(pace.left(now, Number.NaN)).toBeUndefined();
  });

  it('sums up lanes', () => {
    const pace = new Pace();
    for (let second = 0; second < 30; second++) {
      for (const lane of [0, 1, 2]) pace.trained(1_000 * second + 250 * lane, 100);
    }
    expect(pace.left(29_500, 3_000)!.seconds).toBeCloseTo(10, 0);
  });

  it('includes evaluations between steps', () => {
    const pace = new Pace();
    let now = 0;
    for (let round = 0; round < 10; round++) now = steps(pace, { begin: now + 20_000, apart: 1_000, count: 20 });
    // 39 seconds for 2,000 tokens.
    expect(pace.left(now, 20_000)!.seconds).toBeGreaterThan(350);
    expect(pace.left(now, 20_000)!.seconds).toBeLessThan(430);
  });

  it('grows in a stall, is absent in a long one, and forgets it', () => {
    const pace = new Pace();
    const now = steps(pace, { apart: 1_000, count: 600 });
    const before = pace.left(now, 60_000)!.seconds;
    expect(before).toBeCloseTo(600, 0);
    const inStall = pace.left(now + 120_000, 60_000)!.seconds;
    expect(inStall).toBeGreaterThan(before);
    expect(inStall).toBeLessThan(2 * before);
    // A night.
    const night = 8 * 3_600_000;
    expect(pace.left(now + night, 60_000)).toBeUndefined();
    expect(pace.speed(now + night)).toBeUndefined();
    const later = steps(pace, { begin: now + night, apart: 1_000, count: 120 });
    expect(pace.left(later, 60_000)!.seconds).toBeLessThan(3 * before);
    const muchLater = steps(pace, { begin: later + 1_000, apart: 1_000, count: 1_200 });
    expect(pace.left(muchLater, 60_000)!.seconds).toBeCloseTo(600, 0);
  });

  it('follows a run that gets slower', () => {
    const pace = new Pace();
    const half = steps(pace, { apart: 100, count: 6_000 });
    const now = steps(pace, { begin: half + 1_000, apart: 1_000, count: 1_200 });
    expect(pace.left(now, 10_000)!.seconds).toBeCloseTo(100, -1);
  });

  it('is finite, whatever a clock does', () => {
    const pace = new Pace(1e-9);
    for (const now of [5_000, 1_000, Number.NaN, 9_000, 2_000, 40_000, 41_000, 0, 60_000]) {
      pace.trained(now, 100);
      const { seconds = 0 } = pace.left(now, 1_000) ?? {};
      expect(Number.isFinite(seconds)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(0);
    }
  });

  it('does not change with how often it is asked', () => {
    const [asked, other] = [new Pace(), new Pace()];
    for (let step = 0; step < 2_000; step++) {
      asked.trained(step * 50, 100);
      other.trained(step * 50, 100);
      asked.left(step * 50, 1_000);
      asked.speed(step * 50);
    }
    expect(asked.left(100_000, 5_000)).toEqual(other.left(100_000, 5_000));
  });
});

describe('earlier entries', () => {
  it('decide before the first news, and until the own pace is known', () => {
    const pace = new Pace(50);
    expect(pace.left(0, 1_000)).toEqual({ seconds: 20, from: 'earlier entries' });
    pace.trained(1, 100);
    expect(pace.left(1, 1_000)).toEqual({ seconds: 20, from: 'earlier entries' });
  });

  it('give way to the own pace without a jump', () => {
    const pace = new Pace(50);
    const seconds: number[] = [];
    for (let step = 0; step <= 120; step++) {
      pace.trained(step * 1_000, 100);
      seconds.push(pace.left(step * 1_000, 1_000)!.seconds);
    }
    expect(seconds[0]).toBe(20);
    expect(seconds.at(-1)).toBeCloseTo(10, 1);
    for (let index = 1; index < seconds.length; index++) {
      expect(seconds[index]! / seconds[index - 1]!).toBeGreaterThan(0.8);
      expect(seconds[index]!).toBeLessThanOrEqual(seconds[index - 1]! + 1e-9);
    }
    expect(pace.left(5_000_000, 1_000)).toBeUndefined();
    expect(pace.left(120_000, 1_000)!.from).toBe('this run');
  });

  it('that are wrong by a factor of a hundred are forgotten within minutes', () => {
    for (const earlier of [1, 10_000]) {
      const pace = new Pace(earlier);
      const now = steps(pace, { apart: 1_000, count: 121 });
      expect(pace.left(now, 1_000)!.seconds).toBeGreaterThan(9);
      expect(pace.left(now, 1_000)!.seconds).toBeLessThan(11);
    }
  });

  it('of no speed are none', () => {
    expect(new Pace(0).left(0, 100)).toBeUndefined();
    expect(new Pace().left(0, 100)).toBeUndefined();
  });
});
