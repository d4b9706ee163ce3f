import { BranchlineError, definePlugin, type Problem } from '@branchline/core';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { describe, expect, it } from 'vitest';
import { folder, TINY, writeTexts } from '../../test/corpus.js';
import { type CheckedExperiment, checkExperiment } from './check.js';

const directory = () => {
  const made = folder();
  writeTexts(made, 2);
  return made;
};
const check = (config: unknown): Promise<CheckedExperiment> =>
  checkExperiment(config, { baseDirectory: directory(), defaultName: 'tiny' });
const problemsOf = async (config: unknown): Promise<readonly Problem[]> => {
  const error = await check(config).catch((caught: unknown) => caught);
  if (error instanceof BranchlineError && error.code === 'config') return error.problems;
  throw error;
};
const good = { ...TINY, strategies: { a: ['from-scratch'], 'b c': [pathSwitching({ alpha: 0.5 })] } };

describe('checking an experiment', () => {
  it('fills in defaults', async () => {
    const { spec, model, vocabulary, trainer } = await check(good);
    expect(spec).toMatchObject({ name: 'tiny', seeds: [1], batch: 4, baseline: 'a', checkpointEvery: 100 });
    expect(spec.lr).toEqual({ peak: 0.002, warmup: 3, minRatio: 0.1 });
    expect(spec.optimizer.name).toBe('adamw');
    expect(spec.strategies.map(({ name, configPath }) => [name, configPath])).toEqual([
      ['a', 'strategies.a'],
      ['b c', 'strategies["b c"]'],
    ]);
    expect(model).toMatchObject({ hidden: 48 });
    expect(vocabulary).toBeUndefined();
    expect([trainer.definition.name, trainer.options]).toEqual(['tfjs', { engine: 'auto' }]);
  });

  it('takes multipliers and factors where the trainer applies them and the model has the parameters', async () => {
    const model = { ...TINY.model, multipliers: { residual: 0.5, output: 1 }, init: { hidden: 0.01 } };
    const groups = { hidden: { rate: 0.5, epsilon: 1 }, output: { rate: 2 } };
    const wide = { ...good, training: { ...TINY.training, optimizer: { groups } } };
    const untied = { ...wide, model: { ...model, tieEmbeddings: false } };
    const checked = await check(untied);
    expect(checked.model).toMatchObject({ multipliers: { residual: 0.5 }, init: { hidden: 0.01 } });
    expect(checked.spec.optimizer.groups).toEqual({ hidden: { rate: 0.5 }, output: { rate: 2 } });
    const remedy = 'Set trainer: tfjs or trainer: torch, or leave it out.';
    expect(await problemsOf({ ...wide, model, trainer: 'quadratic' })).toEqual([
      { configPath: 'model.multipliers', message: 'the quadratic trainer does not apply it', remedy },
      {
        configPath: 'training.optimizer.groups.output',
        message: 'the model has no such parameters; it has embedding, hidden, norm, outputNorm',
        remedy: 'Leave it out, or set model.tieEmbeddings to false.',
      },
      { configPath: 'training.optimizer.groups', message: 'the quadratic trainer does not apply it', remedy },
    ]);
    for (const trainer of ['olmo-core', 'torch']) {
      const found = await problemsOf({ ...untied, trainer, seeds: 0 });
      expect(found.filter(({ message }) => message.includes('does not apply'))).toHaveLength(
        trainer === 'torch' ? 0 : 2,
      );
    }
  });

  it('takes plugins by name, with options, by call, and user-defined', async () => {
    const own = definePlugin({ name: 'own', onVersion: () => undefined });
    const strategies = {
      a: [{ plugin: 'continual', options: { rewarm: false } }, 'replay', own()],
      b: { plugins: [pathSwitching(), 'curriculum'], overrides: { 'lr.minRatio': 0.2 } },
    };
    const { spec } = await check({ ...good, strategies });
    expect(spec.strategies[0]!.plugins.map(({ plugin, options }) => [plugin.name, options])).toEqual([
      ['continual', { rewarm: false }],
      ['replay', undefined],
      ['own', undefined],
    ]);
    expect(spec.strategies[1]!.overrides).toEqual({ 'lr.minRatio': 0.2 });
  });

  it('reports all errors at once, in the order of the file', async () => {
    const problems = await problemsOf({
      name: '../elsewhere',
      modle: {},
      model: { layers: 2, width: 30, heads: 4, context: 32, tokenizer: 'bytes', wdith: 3 },
      data: { sources: ['nowhere'], score: 'diversity', heldout: 0.1 },
      training: { batch: 0, lr: { pek: 0.1 }, optimizer: { name: 'sgd' } },
      trainer: { trainer: 'tfjs', options: { engine: 'jti' } },
      strategies: {
        one: ['path-swiching'],
        two: [{ plugin: 'continual', options: { rewam: true } }],
        three: { plugins: ['path-switching', 'from-scratch'], override: {} },
        four: [{ plugin: 'path-switching', options: { alpha: 1.5 } }],
        five: [pathSwitching],
        six: 'continual',
        seven: [],
        eight: { plugins: ['continual'], overrides: { 'lr.minRaito': 0.1, steps: -1 } },
      },
      baseline: 'fuor',
      seed: 1.5,
    });
    const reported = problems.map(({ configPath, plugin, message, remedy }) =>
      [configPath, plugin, message, remedy].filter(Boolean).join(' | '),
    );
    const expected = [
      'modle | there is no setting "modle" here | Did you mean "model"?',
      `name | '../elsewhere' is not a name for the run directory: up to 100 characters, none of / \\ : * ? " < > |, no dot at its ends, no name of a device`,
      'model.tokenizer | the tokenizer belongs to the text | Move it to data.tokenizer.',
      'model.wdith | there is no setting "wdith" here | Did you mean "width"?',
      'data.heldout | there is no such setting | Did you mean "heldOut"?',
      'training.batch | 0 is not a whole number above 0 | Sequences per step.',
      'training.lr.pek | there is no setting "pek" here | Did you mean "peak"?',
      'training.optimizer.name | invalid input: expected "adamw" | AdamW: Adam with decoupled weight decay.',
      'strategies.one[0] | path-swiching | there is no plugin "path-swiching" | Did you mean "path-switching"?',
      'strategies.two[0].options.rewam | continual | there is no option "rewam" | Did you mean "rewarm"?',
      'strategies.three.override | there is no setting "override" here | Did you mean "overrides"?',
      'strategies.five[0] | is a plugin that was not called | Add parentheses: fromScratch() and not fromScratch.',
      'strategies.eight.overrides.lr.minRaito | no field is called lr.minRaito | Did you mean "lr.minRatio"?',
      'baseline | no strategy is called "fuor" | Did you mean "four"?',
    ];
    for (const line of expected) expect(reported).toContain(line);
    const places = reported.map((line) => line.split(' | ')[0]);
    expect(places.filter((place) => !expected.some((line) => line.startsWith(place!)))).toEqual([
      'model.width',
      'trainer.options.engine',
      'strategies.three.plugins[1]',
      'strategies.four[0].options.alpha',
      'strategies.six',
      'strategies.seven',
      'strategies.eight.overrides.steps',
      'seed',
    ]);
    const order = ['name', 'model', 'data', 'training', 'trainer', 'strategies', 'baseline', 'seed'];
    const parts = places.slice(1).map((place) => order.indexOf(/^\w+/.exec(place!)![0]));
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
  });

  it('reports experts that are no mixture, each at its key, and a trainer without them', async () => {
    const reported = async (model: object, trainer?: string) =>
      (await problemsOf({ ...good, model: { ...(good.model as object), ...model }, trainer })).map(
        ({ configPath, message, remedy }) => `${configPath} | ${message} | ${remedy}`,
      );
    expect(await reported({ hidden: 0, experts: { count: 1, active: 0.5, balanse: 1 } })).toEqual([
      expect.stringMatching(/^model.hidden \| 0 is not a whole number above 0 \| Inner width/),
      'model.experts.count | 1 is not a whole number, 2 or more | Experts of a layer.',
      'model.experts.active | 0.5 is not a whole number, 2 or more | Experts that a token uses, at most `count`.',
      'model.experts.balanse | there is no setting "balanse" here | Did you mean "balance"?',
    ]);
    expect(await reported({ experts: { count: 4, active: 5 } })).toEqual([
      'model.experts.active | 5 is more than the 4 experts of count | Experts that a token uses, at most `count`.',
    ]);
    expect(await reported({ experts: { count: 4 } }, 'olmo-core')).toEqual([
      expect.stringMatching(
        /^model.experts \| the olmo-core trainer trains no mixture of experts \| Use the trainer tfjs/,
      ),
    ]);
    const { model } = await check({ ...good, model: { ...TINY.model, experts: { count: 4 } } });
    expect(model).toMatchObject({ experts: { count: 4, active: 2, balance: 0.01 } });
  });

  it('reports missing sources together with other errors', async () => {
    const problems = await problemsOf({ ...good, data: { sources: ['nowhere/*.txt'] }, seed: -1 });
    expect(problems.map(({ configPath }) => configPath)).toEqual(['data.sources[0]', 'seed']);
  });

  it('names what is missing', async () => {
    const problems = await problemsOf({});
    expect(problems.map(({ configPath, message }) => `${configPath} ${message}`)).toEqual([
      'model is missing',
      'data is missing',
      'strategies is missing',
    ]);
    expect(await problemsOf([])).toHaveLength(1);
    expect(await problemsOf('text')).toHaveLength(1);
  });

  it.each([
    ...[
      '..',
      '.',
      'a/b',
      'a\\b',
      '/tmp/a',
      'C:\\a',
      'c:',
      '.data',
      'a.',
      ' ',
      'a\nb',
      'a\u0000',
      'a\u2028b',
      'a\u202eb',
      'a\ud800',
    ],
    ...['NUL', 'con.txt', 'Com1', 'a|b', 'x'.repeat(101), '\u{1f600}'.repeat(51)],
  ])('refuses %j as a name', async (name) => {
    expect((await problemsOf({ ...good, name })).map(({ configPath }) => configPath)).toEqual(['name']);
  });

  it('accepts a plan that only an assumed size would make impossible', async () => {
    const data = { sources: ['texts'] };
    const strategies = { a: { plugins: ['path-switching'], overrides: { 'fork.at': 5000, 'fork.steps': 10 } } };
    expect((await check({ ...good, data, strategies })).spec.strategies).toHaveLength(1);
  });

  it('refuses ordering by scores without scores, before reading any text', async () => {
    const problems = await problemsOf({ ...good, data: { sources: ['texts'] }, strategies: { a: ['curriculum'] } });
    expect(problems).toMatchObject([{ plugin: 'curriculum', configPath: 'strategies.a[0]' }]);
  });
});
