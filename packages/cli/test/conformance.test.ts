/**
 * Parts of the conformance kit that need plugins and the embedded trainer together, and a check that all packages use
 * the kit.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeModel, modelSchema } from '@branchline/model';
import { createStrategyTester, syntheticData, type TrainerChoice } from '@branchline/testing';
import { tfjs } from '@branchline/trainer-tfjs';
import { describe, expect, inject, it } from 'vitest';
import { EXPORTED_PLUGINS } from './exactness/plugins.js';
import { packagesInScope } from './exactness/scopes.js';

const data = syntheticData({ versions: [32, 24] });
const { context, vocabulary } = data;
const model = describeModel(modelSchema.parse({ layers: 1, width: 8, heads: 2, context, vocabulary, initStd: 0.2 }));

const trainer: TrainerChoice = {
  name: 'the embedded trainer',
  create: () => {
    const optimizer = { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 } as const;
    return tfjs({ engine: 'jit', threads: 1 }).create({ model, optimizer, data });
  },
  ...{ model, data },
};

/** Options of plugins that need some. */
const NEEDED: Readonly<Record<string, unknown>> = {
  'learning-rate': {
    from: { rate: 0.02, parameters: 1000, tokens: 200, batch: 32, cooldown: 0.2 },
    law: 'paper-c',
    extrapolate: true,
  },
};

describe('every plugin conforms on the embedded trainer', () => {
  for (const [name, plugin] of [...EXPORTED_PLUGINS].slice(0, inject('full') ? undefined : 3)) {
    const { checks } = createStrategyTester({ plugin }, { examples: [{ options: NEEDED[name] }], trainer });
    const check = checks.find((one) => one.name.endsWith(trainer.name))!;
    it(`${name} ${check.name}`, check.run);
  }
});

describe('every package uses the kit', () => {
  /** The test is a long one where what it needs must be installed first. */
  const textOf = async (name: string) => {
    const source = join(import.meta.dirname, '../..', name.replace('@branchline/', ''), 'src');
    const short = readFile(join(source, 'conformance.test.ts'), 'utf8');
    return short.catch(() => readFile(join(source, 'conformance.full.test.ts'), 'utf8'));
  };

  it.each(packagesInScope('plugin'))('every plugin of %s is tested with it', async (name) => {
    const exported = Object.entries((await import(name)) as Record<string, object>);
    const factories = exported.filter(([, value]) => 'plugin' in Object(value)).map(([key]) => key);
    const text = await textOf(name);
    expect(factories.filter((key) => !text.includes(`createStrategyTester(${key},`))).toEqual([]);
  });

  it.each(packagesInScope('trainer'))('%s is tested with it', async (name) => {
    expect(await textOf(name)).toContain('createTrainerTester(');
  });
});
