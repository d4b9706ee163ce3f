/** For every check of strategies there is a plugin that fails it. */
import { expect, it } from 'vitest';
import { said } from '../test/caught.js';
import { TIDY, TIDY_TESTS } from '../test/plugins.js';
import { WRONG_PLANS } from '../test/wrong-plans.js';
import { WRONG_RUNS } from '../test/wrong-runs.js';
import { createStrategyTester } from './index.js';

const WRONG = Object.entries({ ...WRONG_PLANS, ...WRONG_RUNS });

it.each(WRONG)('a plugin that %s is caught', async (_, wrong) => {
  expect(await said(wrong)).toEqual(wrong.says);
});

it('every check has a plugin that fails it', () => {
  const { checks } = createStrategyTester({ plugin: TIDY }, TIDY_TESTS);
  const general = checks.filter(({ name }) => !/^(plans \{|plans longer|refuses \{)/.test(name));
  const broken = new Set(WRONG.map(([, { check }]) => check));
  expect(general.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
});
