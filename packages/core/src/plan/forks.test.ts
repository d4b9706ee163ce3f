import { expect, test } from 'vitest';
import { hooks, model, ToyTrainer, toyData, toySpec } from '../../test/fixtures.js';
import { BranchlineError, type ForkPart, type PluginUse, planExperiment, type VersionPart } from '../index.js';

const { numerics } = new ToyTrainer().describe();

async function plan(...plugins: readonly PluginUse[]) {
  const spec = toySpec({ s: plugins });
  const data = toyData({ versions: 2 });
  return planExperiment({ spec, model, data, numerics, log: () => undefined });
}

const problemsOf = (...plugins: readonly PluginUse[]) =>
  plan(...plugins).then(
    ({ failures }) => failures.flatMap(({ error }) => error.problems),
    (error: unknown) => (error as BranchlineError).problems,
  );

const forks = (names: readonly string[], released: string, onFork: Record<string, (context: never) => ForkPart>) =>
  hooks('forking', {
    onVersion: (): VersionPart => ({ forks: names, release: { path: released } }),
    onFork: onFork as never,
  });

test('a branch knows the decisions about the branches before it', async () => {
  const seen: unknown[] = [];
  const own = forks(['a', 'b'], 'b', {
    a: () => ({ at: 3, steps: 2 }),
    b: ({ forks: before }: { forks: readonly { name: string; spec: { at: number; steps: number } }[] }) => {
      seen.push(before.map(({ name, spec: { at, steps } }) => [name, at, steps]));
      return { from: 'a', steps: before[0]!.spec.steps + 1 };
    },
  });
  const { strategies } = await plan(own);
  expect(seen.at(-1)).toEqual([['a', 3, 2]]);
  expect(strategies[0]!.versions[0]!.forks.map(({ begin, end }) => end - begin)).toEqual([2, 3]);
});

test('a version can do without a branch', async () => {
  const own = forks(['a', 'b'], 'b', {
    a: ({ version }: { version: { index: number } }) => (version.index === 1 ? { skip: true } : { steps: 2 }),
    b: () => ({ steps: 3 }),
  });
  const { strategies } = await plan(own);
  expect(strategies[0]!.versions.map((version) => version.forks.map(({ name }) => name))).toEqual([['b'], ['a', 'b']]);
});

test('a skipped branch can neither be released nor left', async () => {
  const released = forks(['a'], 'a', { a: () => ({ skip: true }) });
  expect((await problemsOf(released))[0]).toMatchObject({ path: 'a', message: 'is released, but a plugin skips it' });
  const left = forks(['a', 'b'], 'b', { a: () => ({ skip: true }), b: () => ({ from: 'a', steps: 2 }) });
  expect((await problemsOf(left))[0]!.message).toContain('leaves the path "a", which is neither');
});

test('a decider refuses an experiment with a place and a remedy of its own', async () => {
  const refusing = hooks('refusing', {
    onVersion: () => {
      throw new BranchlineError('config', {
        configPath: 'data.score',
        message: 'must come from a classifier',
        remedy: "Set data.score: { by: 'classifier', reference }.",
      });
    },
  });
  expect(await problemsOf(refusing)).toEqual([
    expect.objectContaining({
      plugin: 'refusing',
      strategy: 's',
      configPath: 'data.score',
      message: 'must come from a classifier',
      remedy: "Set data.score: { by: 'classifier', reference }.",
    }),
  ]);
});
