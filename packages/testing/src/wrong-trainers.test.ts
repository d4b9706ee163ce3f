/** For every check of trainers there is a trainer that fails it. */
import { describe, expect, it } from 'vitest';
import { BigramTrainer, bigram, bigramModel, data, reference } from '../test/bigram.js';
import { linesOf, messageOf } from '../test/caught.js';
import { WRONG_STATES } from '../test/wrong-states.js';
import { WRONG_STEPS } from '../test/wrong-steps.js';
import { createTrainerTester } from './index.js';

const WRONG = Object.entries({ ...WRONG_STEPS, ...WRONG_STATES });

const suiteOf = (kind: Parameters<typeof bigram>[0], probe?: () => number) =>
  createTrainerTester(bigram(kind), { model: bigramModel, data, reference, tolerance: 1e-5, probe });

it.each(WRONG)('a trainer that %s is caught', async (_, { check, kind, probe, says }) => {
  const message = await messageOf(suiteOf(kind, probe), check);
  expect(linesOf(message, says)?.slice(0, says.length)).toEqual(says);
});

it('every check has a trainer that fails it', () => {
  const broken = new Set(WRONG.map(([, { check }]) => check));
  const { checks } = suiteOf(BigramTrainer);
  expect(checks.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
});

describe('a trainer that declares that it is not deterministic', () => {
  let noise = 0;
  class Honest extends BigramTrainer {
    override describe() {
      return { ...super.describe(), deterministic: false };
    }
    protected override factors(weights: Float32Array) {
      noise++;
      return super.factors(weights).map((factor) => factor * (1 + 1e-9 * (noise % 7)));
    }
  }

  it('passes within the tolerance', async () => {
    await suiteOf(Honest).run();
  });

  it('fails if differences are larger than noise', async () => {
    class Forgetful extends Honest {
      override async restore(...given: Parameters<BigramTrainer['restore']>) {
        const state = await super.restore(...given);
        for (const values of state.first) values.fill(0);
        return state;
      }
    }
    const message = await messageOf(suiteOf(Forgetful), 'resumes from every saved step');
    expect(message).toMatch(/resumed from step 1 ends differently.*\n {2}weights: [\de.-]+ apart/);
  });
});
