import { describe, expect, it } from 'vitest';
import { sequencesOf } from '../test/corpus.js';
import { forceOf, spectrum } from './landscape.js';
import { quadraticOptions } from './options.js';
import { qualitiesOf } from './quality.js';

const close = (values: Iterable<number>) => Array.from(values, (value) => expect.closeTo(value, 12) as number);

describe('the spectrum', () => {
  it('is a power law from 1 down to 1 / condition', () => {
    // 16 directions and a condition of 256 give the exponent 2.
    const values = spectrum({ dimension: 16, condition: 256 });
    expect([...values.slice(0, 3), values[15]]).toEqual(close([1, 1 / 4, 1 / 9, 1 / 256]));
    expect([...spectrum({ dimension: 1, condition: 50 })]).toEqual([1]);
    expect([...spectrum({ dimension: 3, condition: 1 })]).toEqual([1, 1, 1]);
  });
});

describe('quality', () => {
  it('is the share of targets that are not noise tokens', () => {
    const data = sequencesOf((id) => id / 4);
    expect([...qualitiesOf(data, Uint32Array.of(0, 1, 3, 4), [32, 126])]).toEqual(close([0, 0.25, 0.75, 1]));
    expect([...qualitiesOf(data, Uint32Array.of(1), [65, 70])]).toEqual([1]);
    // The first token is an input only, not a target.
    const first = { ...data, read: () => Int32Array.of(64, ...new Array<number>(100).fill(0)) };
    expect([...qualitiesOf(first, Uint32Array.of(0), [32, 126])]).toEqual([1]);
  });
});

describe('the force of a batch', () => {
  const settings = { variance: { clean: 1, corrupt: 4 }, pull: 1, drift: 2 };

  it('is clean text alone at quality 1', () => {
    const force = forceOf(settings, [1, 1], undefined);
    expect(force).toMatchObject({ stiffness: 1, offset: 0, corruption: 0 });
    expect([...force.noise]).toEqual([0.5, 0.5]);
  });

  it('has an offset and more variance with the share of noise', () => {
    const force = forceOf(settings, [1, 0], [1, 3]);
    expect(force).toMatchObject({ stiffness: 1, corruption: 0.75, offset: 1.5 });
    expect([...force.noise]).toEqual(close([0.25 * 1, 0.75 * 2]));
  });

  it('is weaker if noise has no pull', () => {
    expect(forceOf({ ...settings, pull: 0 }, [0.4], undefined)).toMatchObject({ stiffness: 0.4, offset: 0 });
    const half = forceOf({ ...settings, pull: 0.5 }, [0.4], undefined);
    expect(half.stiffness).toBeCloseTo(0.7, 12);
    expect(half.offset).toBeCloseTo(0.6, 12);
  });
});

describe('options', () => {
  it.each([
    [{ seed: 1 }, 'belongs to mode'],
    [{ pull: 0, drift: 1 }, 'drift'],
    [{ noiseTokens: [9, 3] }, 'begins above its end'],
    [{ condition: 0.5 }, 'condition'],
    [{ dimensions: 3 }, 'dimensions'],
  ])('refuses %o', (options, message) => {
    const result = quadraticOptions.safeParse(options);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(message);
  });
});
