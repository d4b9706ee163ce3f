/** The JSON Schema of experiment files, tested with a validator against the examples and the checker. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BranchlineError, definePlugin, type PluginDefinition, type PluginUse } from '@branchline/core';
import Ajv from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkExperiment } from '../src/config/check.js';
import { loadConfig } from '../src/config/load.js';
import { KEYS } from '../src/config/schema.js';
import { listedLogger, listedPlugin, listedTrainer } from '../src/registry/listing.js';
import { KNOWN_LOGGERS } from '../src/registry/loggers.js';
import { type JsonSchema, optionsSchemaOf } from '../src/registry/options-schema.js';
import { KNOWN_PLUGINS } from '../src/registry/plugins.js';
import { KNOWN_TRAINERS } from '../src/registry/trainers.js';
import { experimentSchema } from '../src/schema/experiment-schema.js';
import { folder, writeTexts } from './corpus.js';
import { EXPERIMENT } from './experiment.js';
import { changed, changes } from './mutations.js';

const offered = (plugins: readonly PluginDefinition[]) =>
  plugins.map((plugin) => ({ ...listedPlugin(plugin), names: [plugin.name] }));
const BUILT_IN = [...KNOWN_PLUGINS.values()];
const TRAINERS = [...KNOWN_TRAINERS.values()].map((trainer) => ({ ...listedTrainer(trainer), names: [trainer.name] }));
const LOGGERS = [...KNOWN_LOGGERS.values()].map((logger) => ({ ...listedLogger(logger), names: [logger.name] }));
const SCHEMA = experimentSchema(offered(BUILT_IN), TRAINERS, LOGGERS);
const validator = (schema: JsonSchema) => new Ajv({ allErrors: true, strictKeywords: true }).compile(schema);
const valid = validator(SCHEMA);

const VALID = {
  $schema: './experiment.schema.json',
  ...EXPERIMENT,
  budget: { tokens: '1.5B', money: 2 },
  hookSeconds: 5,
  log: ['csv', { logger: 'mlflow', options: { uri: 'http://127.0.0.1:5000', experiment: 'tiny' } }],
};
const withStrategy = (strategy: unknown) => ({ ...VALID, strategies: { a: strategy }, baseline: 'a' });

describe('the schema of experiment files', () => {
  it('is the one in experiment.schema.json', () => {
    const file = readFileSync(new URL('../experiment.schema.json', import.meta.url), 'utf8');
    const write = 'To write it anew: npx branchline plugins schema --out packages/api/experiment.schema.json';
    expect(JSON.parse(file), write).toEqual(SCHEMA);
  });

  it('has all keys, and everything below them has a description', () => {
    expect(Object.keys(SCHEMA.properties!).sort()).toEqual(['$schema', ...KEYS].sort());
    const silent: string[] = [];
    const look = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, ...rest } = schema as JsonSchema;
      for (const [key, inner] of Object.entries(properties ?? {})) {
        const isReference = key === 'plugin' || '$ref' in inner;
        if (inner.description === undefined && !isReference) silent.push(`${path}.${key}`);
        look(inner, `${path}.${key}`);
      }
      for (const [key, inner] of Object.entries(rest)) look(inner, `${path}/${key}`);
    };
    look(SCHEMA, '');
    expect(silent).toEqual([]);
  });

  it('takes every example', async () => {
    const folderOf = fileURLToPath(new URL('../../../examples/', import.meta.url));
    const files = readdirSync(folderOf).filter((name) => /\.config\.(ts|yaml)$/.test(name));
    expect(files.length).toBeGreaterThan(4);
    for (const name of files) {
      const { config } = name.endsWith('.ts')
        ? { config: ((await import(pathToFileURL(folderOf + name).href)) as { default: unknown }).default }
        : await loadConfig(folderOf + name);
      const own = new Map<string, PluginDefinition>();
      const written = JSON.stringify(config, (_, value: unknown) => {
        const use = value as Partial<PluginUse> | undefined;
        if (typeof use?.plugin?.name !== 'string' || !('options' in use)) return value;
        own.set(use.plugin.name, use.plugin);
        return { ...use, plugin: use.plugin.name };
      });
      const more = [...own.values()].filter((plugin) => !KNOWN_PLUGINS.has(plugin.name));
      const check = validator(experimentSchema(offered([...BUILT_IN, ...more]), TRAINERS, LOGGERS));
      expect([name, check(JSON.parse(written)), check.errors]).toEqual([name, true, null]);
    }
  });

  it.each([
    ['everything there is', VALID],
    ['a budget in one line', { ...VALID, budget: '2usd' }],
    ['prices in a file', { ...VALID, prices: 'prices.yaml', disk: 1e9 }],
    ['a plugin by its path', withStrategy(['./own.ts', { plugin: '../dist/own.js', options: { any: 1 } }])],
    ['a trainer by its name', { ...VALID, trainer: 'quadratic' }],
    ['a trainer by its path', { ...VALID, trainer: { trainer: './own.ts', options: { any: 1 } } }],
    ['fields of forks', withStrategy({ plugins: ['path-switching'], overrides: { 'fork.steps': 3 } })],
  ])('takes %s', (_, config) => {
    expect([valid(config), valid.errors]).toEqual([true, null]);
  });

  it.each([
    ['a key that does not exist', { ...VALID, modle: {} }, ''],
    ['no model', { ...VALID, model: undefined }, ''],
    ['a size that is not a number', { ...VALID, model: { ...VALID.model, width: '16' } }, '.model.width'],
    ['a misspelt size', { ...VALID, model: { ...VALID.model, wdith: 16 } }, '.model'],
    ['a share above 1', { ...VALID, training: { lr: { minRatio: 2 } } }, '.training.lr.minRatio'],
    ['a kind of versions that does not exist', { ...VALID, data: { sources: ['a'], versions: { by: 'x' } } }, '.data'],
    ['a plugin that does not exist', withStrategy(['path-swiching']), ".strategies['a']"],
    ['a path that does not say it is one', withStrategy(['dist/own.js']), ".strategies['a']"],
    ['a misspelt option', withStrategy([{ plugin: 'continual', options: { rewam: true } }]), 'rewam'],
    ['an option out of range', withStrategy([{ plugin: 'path-switching', options: { alpha: 1.5 } }]), '.options.alpha'],
    ['a misspelt field', withStrategy({ plugins: ['continual'], overrides: { 'lr.flor': 1 } }), 'lr.flor'],
    ['a trainer that does not exist', { ...VALID, trainer: 'tfsj' }, '.trainer'],
    ['options of a trainer without its name', { ...VALID, trainer: { engine: 'jit' } }, '.trainer'],
    ['a misspelt option of a trainer', { ...VALID, trainer: { trainer: 'tfjs', options: { thread: 1 } } }, 'thread'],
    ['a strategy of nothing', withStrategy([]), ".strategies['a']"],
    ['a budget of nonsense', { ...VALID, budget: { hours: 3 } }, '.budget'],
  ])('refuses %s, with its place', (_, config, place) => {
    expect(valid(JSON.parse(JSON.stringify(config)))).toBe(false);
    expect(JSON.stringify(valid.errors)).toContain(place);
  });

  it('refuses nothing that the checker accepts', async () => {
    const directory = folder();
    writeTexts(directory, 2);
    const count = { taken: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const text = attemptJson(changed(VALID, list));
        fc.pre(text !== undefined);
        // In YAML, `options:` without a value means none.
        const noNull = (key: string, value: unknown) => (key === 'options' && value === null ? undefined : value);
        const config = JSON.parse(text, noNull) as unknown;
        const isTaken = await checkExperiment(config, { baseDirectory: directory, defaultName: 'tiny' })
          .then(() => true)
          .catch((error: unknown) => {
            if (error instanceof BranchlineError) return false;
            throw error;
          });
        if (isTaken) count.taken++;
        if (valid(config)) return;
        count.refused++;
        expect([isTaken, valid.errors]).toEqual([false, valid.errors]);
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(count.taken).toBeGreaterThan(30);
    expect(count.refused).toBeGreaterThan(100);
  });
});

/** The mutated experiment as written to a file; undefined if it cannot be. */
function attemptJson(config: unknown): string | undefined {
  try {
    return JSON.stringify(config);
  } catch {
    return undefined;
  }
}

describe('options of plugins', () => {
  const plugin = (options: unknown) => definePlugin({ name: 'own', options: options as z.ZodType }).plugin;
  const standard = (more: object) => ({ '~standard': { version: 1, vendor: 'other', validate: () => ({}), ...more } });
  const share = { type: 'object', properties: { share: { type: 'number' } }, additionalProperties: false };
  const unconvertible: readonly (readonly [string, unknown])[] = [
    ['of a library without converter', standard({})],
    ['of a converter that throws', standard({ jsonSchema: { input: () => JSON.parse('{') as object } })],
    ['that hold themselves', selfish()],
    ['of anything', z.unknown()],
  ];

  it.each([
    ['zod', z.strictObject({ share: z.number().optional() })],
    ['another library', standard({ jsonSchema: { input: () => ({ $schema: 'draft-07', ...share }) } })],
  ])('of %s are known', (_, options) => {
    expect(optionsSchemaOf(plugin(options))).toEqual(share);
    const check = validator(experimentSchema(offered([plugin(options)]), TRAINERS, LOGGERS));
    expect(check(withStrategy([{ plugin: 'own', options: { share: 1 } }]))).toBe(true);
    expect(check(withStrategy([{ plugin: 'own', options: { shar: 1 } }]))).toBe(false);
  });

  it.each(unconvertible)('%s are an object of anything, with a note', (_, options) => {
    expect(optionsSchemaOf(plugin(options))).toBe('unknown');
    const check = validator(experimentSchema(offered([plugin(options)]), TRAINERS, LOGGERS));
    expect(check(withStrategy([{ plugin: 'own', options: { any: [1] } }]))).toBe(true);
    expect(check(withStrategy([{ plugin: 'own', options: 3 }]))).toBe(false);
  });

  it('of a plugin without options are refused', () => {
    const check = validator(experimentSchema(offered([plugin(undefined)]), TRAINERS, LOGGERS));
    expect(check(withStrategy(['own']))).toBe(true);
    expect(check(withStrategy([{ plugin: 'own', options: {} }]))).toBe(false);
  });
});

function selfish(): z.ZodType {
  const node: z.ZodType = z.object({ inner: z.lazy(() => node).optional() });
  return node;
}
