/** The trainer of an experiment: by call, name, package or path. Its options are checked with everything else. */
import { join } from 'node:path';
import { BranchlineError, defineTrainer, type Problem } from '@branchline/core';
import { QuadraticTrainer, quadratic } from '@branchline/trainer-quadratic';
import { tfjs } from '@branchline/trainer-tfjs/define';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkExperiment } from '../src/config/check.js';
import { bench } from '../src/index.js';
import { nameInPackage } from '../src/registry/naming.js';
import { folder, TINY, writeTexts } from './corpus.js';
import { writeFiles, writePackage } from './plugin-files.js';

const place = () => {
  const directory = folder();
  writeTexts(directory, 30);
  return directory;
};
const check = (trainer: unknown, directory = place(), more: object = {}) =>
  checkExperiment(
    { ...TINY, strategies: { a: ['from-scratch'] }, ...(trainer !== undefined && { trainer }), ...more },
    { baseDirectory: directory, defaultName: 'tiny', loading: { timeout: 300 } },
  );
async function problems(...args: Parameters<typeof check>): Promise<readonly Problem[]> {
  const error: unknown = await check(...args).catch((thrown: unknown) => thrown);
  if (error instanceof BranchlineError && error.code === 'config') return error.problems;
  throw new Error(`was taken, or failed otherwise: ${String(error)}`);
}
const reported = async (...args: Parameters<typeof check>) =>
  (await problems(...args)).map(({ configPath, message, remedy }) => `${configPath}: ${message} | ${remedy ?? ''}`);

/** A trainer module without imports. It does not train a model. */
const trainerModule = (name: string, more = '') =>
  `const trainer = { name: '${name}', create: async () => ({}), ${more} };\n` +
  'export default Object.assign((options) => ({ trainer, options }), { trainer });\n';

describe('a trainer', () => {
  it.each([
    [undefined, 'tfjs', { engine: 'auto' }],
    ['tfjs', 'tfjs', { engine: 'auto' }],
    [tfjs({ engine: 'jit', threads: 2 }), 'tfjs', { engine: 'jit', threads: 2 }],
    [{ trainer: 'tfjs', options: { engine: 'eager' } }, 'tfjs', { engine: 'eager' }],
    [{ trainer: 'quadratic' }, 'quadratic', quadratic.trainer.options!.parse({})],
    [quadratic({ mode: 'sampled' }), 'quadratic', quadratic.trainer.options!.parse({ mode: 'sampled' })],
  ])('can be %j', async (given, name, options) => {
    const { trainer } = await check(given);
    expect([trainer.definition.name, trainer.options]).toEqual([name, options]);
  });

  it('from a package or a path is called or named', async () => {
    const directory = place();
    writePackage(directory, '@lab/trainer-own', trainerModule('own'), { keywords: ['branchline-trainer'] });
    writeFiles(directory, { 'mine.mjs': trainerModule('mine') });
    const own = defineTrainer({
      name: 'typed',
      options: z.strictObject({ rank: z.number().default(3) }),
      create: async (_, { data }) => new QuadraticTrainer(data, quadratic.trainer.options!.parse({})),
    });
    const named = async (trainer: unknown) => (await check(trainer, directory)).trainer.definition.name;
    expect(await named('own')).toBe('own');
    expect(await named('@lab/trainer-own')).toBe('own');
    expect(await named('./mine.mjs')).toBe('mine');
    expect(await named({ trainer: join(directory, 'mine.mjs') })).toBe('mine');
    expect((await check(own(), directory)).trainer.options).toEqual({ rank: 3 });
    expect(nameInPackage('trainer', '@lab/branchline-trainer-own')).toBe('own');
  });

  it('trains, and its options reach the results through its description', async () => {
    const directory = place();
    const experiment = { ...TINY, strategies: { a: ['continual'] } };
    const options = { runs: join(directory, 'runs'), directory };
    const typed = await bench({ ...experiment, trainer: quadratic({ dimension: 3 }) }, options);
    const { numerics } = typed.results.trainer;
    expect(numerics).toContain('"dimension":3');
    // The same trainer by name makes the same states.
    let steps: number | undefined;
    await bench(
      { ...experiment, trainer: { trainer: 'quadratic', options: { dimension: 3 } } },
      { ...options, onEvent: (event) => event.type === 'runStart' && (steps = event.steps) },
    );
    expect(steps).toBe(0);
  });
});

describe('what is wrong with a trainer', () => {
  it.each([
    [
      { trainer: 'tfjs', options: { engine: 'jti' } },
      'trainer.options.engine: \'jti\' is not "auto", "jit" or "eager" |',
    ],
    [tfjs({ engine: 'jit', backend: 'wasm' }), 'trainer.options.backend: belongs to engine "eager", not "jit" |'],
    [
      { trainer: 'tfjs', options: { thread: 2 } },
      'trainer.options.thread: there is no option "thread" | Did you mean "threads"?',
    ],
    [quadratic({ pull: 2 }), 'trainer.options.pull: 2 is not a number from 0 to 1 |'],
    [
      { trainer: 'quadratic', option: {} },
      'trainer.option: there is no setting "option" here | Did you mean "options"?',
    ],
    ['quadratc', 'trainer: there is no trainer "quadratc" | Did you mean "quadratic"?'],
    ['trainer-tfjs', 'trainer: there is no trainer "trainer-tfjs" | It comes with Branchline: write tfjs.'],
    ['./absent.mjs', 'trainer: there is no file '],
    [quadratic, 'trainer: is a trainer that was not called | Add parentheses: quadratic() and not quadratic.'],
    [{ engine: 'jit' }, 'trainer: has options without a trainer: engine belongs to tfjs | Write tfjs({ engine: ... })'],
    [{ quadratic: {} }, 'trainer: has a trainer as a key | Write quadratic({...}); in YAML and JSON'],
    [
      3,
      "trainer: must be a trainer | Write a call such as tfjs({ threads: 2 }), a name, or { trainer: 'tfjs', options",
    ],
  ])('%j is reported', async (given, expected) => {
    const found = await reported(given);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it.each([
    [
      'export default 1;',
      'exports no trainer, but a value of type number | Write: export default defineTrainer({ ... });',
    ],
    [
      "export default { trainer: { name: 'own' }, options: {} };",
      'exports a trainer that was called already | Remove the call',
    ],
    [
      trainerModule('a b', 'create: 1, options: {}'),
      'name must be a word such as my-trainer; create must be a function; ',
    ],
    ["throw new Error('boom');", 'own.mjs:1:7: boom'],
  ])('in a module is reported: %s', async (code, expected) => {
    const directory = place();
    writeFiles(directory, { 'own.mjs': code });
    expect((await reported('./own.mjs', directory))[0]).toContain(expected);
  });

  it('is reported with everything else, and tasks need one that scores text', async () => {
    const more = { modle: {}, tasks: [{ name: 'a', files: 'a.jsonl' }] };
    const directory = place();
    writeFiles(directory, { 'a.jsonl': '{"query": "q", "choices": ["a", "b"], "gold": 1}\n' });
    expect((await reported(quadratic(), directory, more)).map((line) => line.split(' | ')[0])).toEqual([
      'modle: there is no setting "modle" here',
      'tasks: the quadratic trainer scores no text, and cannot answer tasks',
    ]);
    const deep = defineTrainer({
      name: 'broken',
      options: { '~standard': { version: 1, vendor: 'x', validate: () => Promise.reject(new Error('no')) } },
      create: () => Promise.reject(new Error('never')),
    });
    expect(await reported(deep())).toEqual(['trainer.options: the schema of the options failed: no | ']);
  });
});
