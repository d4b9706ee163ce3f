import { describe, expect, it } from 'vitest';
import { model, temporaryDirectory, toyData, toyKernel, toySpec } from '../../test/toy.js';
import {
  type CheckpointReader,
  type DistilSpec,
  definePlugin,
  digestBytes,
  type ExperimentPlan,
  estimateStrategy,
  Ledger,
  type PluginUse,
  type TeacherCheckpoint,
  type TeacherSpec,
} from '../index.js';

/** Two versions of 10 steps; the second one, and its branch, have these losses. */
const learning = (
  distil: DistilSpec | null,
  branch?: DistilSpec | null,
  average?: readonly { readonly stepsBack: number; readonly weight: number }[],
) =>
  definePlugin({
    name: 'learning',
    onVersion: ({ version }) => ({
      steps: 10,
      start: { from: version.index === 1 ? 'scratch' : 'tip' },
      ...(version.index === 2 && { loss: { distil } }),
      ...(branch !== undefined && version.index === 2 && { forks: ['branch'] }),
      ...(average && version.index === 1 && { release: { average } }),
      ...(branch && version.index === 2 && { release: { path: 'branch' } }),
    }),
    onFork: () => ({ at: 4, steps: 6, ...(branch !== undefined && branch !== null && { loss: { distil: branch } }) }),
  })();

const OWN: TeacherSpec = { state: 'release' };

const elsewhere = async (from: string): Promise<TeacherCheckpoint> => ({
  from,
  digest: digestBytes(from),
  model: { ...model, flopsPerToken: 300 },
  open: async (): Promise<CheckpointReader> => ({
    ...{ key: digestBytes(from), groups: ['weights'], step: 0 },
    read: async () => [
      { name: 'weights', dtype: 'U32', shape: [6, 2], data: new Uint8Array(Float64Array.of(1, 2, 3, 4, 5, 6).buffer) },
    ],
  }),
});

async function kernelOf(strategies: Readonly<Record<string, PluginUse>>, change = {}, directory?: string) {
  const all = Object.fromEntries(Object.entries(strategies).map(([name, plugin]) => [name, [plugin]]));
  return toyKernel(all, directory ?? (await temporaryDirectory()), {
    spec: toySpec(all, { objectives: ['distil', 'prefix'], ...change }),
    data: toyData({ versions: 2 }),
    findTeacher: elsewhere,
  });
}

const releaseOf = (plan: ExperimentPlan, name: string) =>
  plan.strategies.find(({ strategy }) => strategy.name === name)!.releases.at(-1)!;

describe('objectives of paths', () => {
  it('share the steps before they differ, and no others', async () => {
    const kernel = await kernelOf({
      plain: learning(null),
      first: learning({ teacher: OWN, weight: 0.5, steps: 4 }),
      longer: learning({ teacher: OWN, weight: 0.5, temperature: 1, steps: 6 }),
      all: learning({ teacher: OWN, weight: 0.5 }),
      hot: learning({ teacher: OWN, weight: 0.5, temperature: 2 }),
    });
    const { graph, failures } = await kernel.plan();
    expect(failures).toEqual([]);
    const segments = graph.segments().map(({ from, to, strategies, teacher }) => ({
      steps: `${from.position} to ${to.position}`,
      for: [...strategies].join(),
      taught: teacher?.position,
    }));
    expect(segments).toEqual([
      { steps: '0 to 10', for: 'plain,first,longer,all,hot', taught: undefined },
      { steps: '10 to 20', for: 'plain', taught: undefined },
      { steps: '10 to 14', for: 'first,longer,all', taught: 10 },
      { steps: '14 to 20', for: 'first', taught: undefined },
      { steps: '14 to 16', for: 'longer,all', taught: 10 },
      { steps: '16 to 20', for: 'longer', taught: undefined },
      { steps: '16 to 20', for: 'all', taught: 10 },
      { steps: '10 to 20', for: 'hot', taught: 10 },
    ]);
  });

  it('are in the key: teacher, weight and temperature, and nothing else', async () => {
    const from = (folder: string): TeacherSpec => ({ state: 'checkpoint', from: folder });
    const kernel = await kernelOf({
      a: learning({ teacher: OWN, weight: 0.5 }),
      b: learning({ teacher: { state: 'release', version: 1 }, weight: 0.5, temperature: 1, steps: 100 }),
      c: learning({ teacher: { state: 'path', path: 'main', version: 1 }, weight: 0.5 }),
      start: learning({ teacher: { state: 'start' }, weight: 0.5 }),
      earlier: learning({ teacher: { state: 'path', path: 'main', version: 1, stepsBack: 3 }, weight: 0.5 }),
      weight: learning({ teacher: OWN, weight: 0.25 }),
      hot: learning({ teacher: OWN, weight: 0.5, temperature: 2 }),
      small: learning({ teacher: from('small'), weight: 0.5 }),
      other: learning({ teacher: from('other'), weight: 0.5 }),
      plain: learning(null),
    });
    const plan = await kernel.plan();
    const key = (name: string) => releaseOf(plan, name).key;
    for (const same of ['b', 'c', 'start']) expect(key(same)).toBe(key('a'));
    const different = ['a', 'earlier', 'weight', 'hot', 'small', 'other', 'plain'].map(key);
    expect(new Set(different).size).toBe(different.length);
  });

  it('of a branch continue what the path it leaves would do', async () => {
    const kernel = await kernelOf({
      continued: learning({ teacher: OWN, weight: 0.5, steps: 6 }, null),
      past: learning({ teacher: OWN, weight: 0.5, steps: 3 }, null),
      own: learning(null, { teacher: { state: 'path', path: 'main' }, weight: 0.5 }),
    });
    const { strategies } = await kernel.plan();
    const losses = strategies.map(({ decisions }) => decisions[1]!.forks[0]!.spec.loss.distil);
    expect(losses).toEqual([
      { teacher: OWN, weight: 0.5, steps: 2 },
      null,
      { teacher: { state: 'path', path: 'main' }, weight: 0.5 },
    ]);
  });

  it('are refused with a reason', async () => {
    const kernel = await kernelOf({
      fine: learning(null),
      scratch: definePlugin({
        name: 'scratch',
        onVersion: () => ({ loss: { distil: { teacher: { state: 'start' }, weight: 1 } } }),
      })(),
      future: learning({ teacher: { state: 'release', version: 2 }, weight: 1 }),
      unknown: learning({ teacher: { state: 'path', path: 'side', version: 1 }, weight: 1 }),
      far: learning({ teacher: { state: 'path', path: 'main', version: 1, stepsBack: 11 }, weight: 1 }),
    });
    const { failures } = await kernel.plan();
    expect(failures.map(({ strategies, error }) => `${strategies.join()}: ${error.problems[0]!.message}`)).toEqual([
      'scratch: learns from the state it starts from, which is fresh weights',
      'future: learns from the release of version 2, which is not an earlier version',
      'unknown: learns from a state of the path "side" of version 1, which does not exist',
      'far: learns from a state 11 steps before the end of the main path of version 1, which has 10',
    ]);
    const plain = await kernelOf({ all: learning({ teacher: OWN, weight: 1 }) }, { objectives: [] });
    expect((await plain.plan()).failures[0]!.error.problems).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('cannot do that') as string,
        version: 2,
        path: 'main',
      }),
    ]);
  });

  it('leave out the first tokens of sequences, where a path says so', async () => {
    const prefixed = (prefix: number, own?: number) =>
      definePlugin({
        name: 'prefixed',
        onVersion: ({ version }) => ({
          steps: 10,
          start: { from: version.index === 1 ? 'scratch' : 'tip' },
          loss: { prefix },
          forks: ['branch'],
          release: { path: 'branch' },
        }),
        onFork: () => ({ steps: 4, ...(own !== undefined && { loss: { prefix: own } }) }),
      })();
    const strategies = { none: prefixed(0), one: prefixed(1), four: prefixed(4), part: prefixed(4, 0) };
    const plan = await (await kernelOf(strategies)).plan();
    const key = (name: string) => releaseOf(plan, name).key;
    // The first token of a sequence is never scored.
    expect(key('one')).toBe(key('none'));
    expect(new Set([key('none'), key('four'), key('part')]).size).toBe(3);
    const objectives = plan.graph
      .segments()
      .map(({ strategies: of, ranges }) => [[...of].join(), ...ranges.map(({ objective }) => objective?.prefix)]);
    expect(objectives).toContainEqual(['four,part', 4]);
    const long = await (await kernelOf({ none: prefixed(0), long: prefixed(11) })).plan();
    expect(long.failures[0]!.error.problems[0]).toMatchObject({
      strategy: 'long',
      message: 'does not score the first 11 tokens of a sequence, which leaves none of 11',
    });
    const other = await (await kernelOf({ four: prefixed(4) }, { objectives: ['distil'] })).plan();
    expect(other.failures[0]!.error.message).toContain('does not score the first tokens of sequences, and the trainer');
  });

  it('train after their teacher, and pay for its forward pass', async () => {
    const average = [
      { stepsBack: 0, weight: 0.5 },
      { stepsBack: 5, weight: 0.5 },
    ];
    const directory = await temporaryDirectory();
    const kernel = await kernelOf(
      {
        // The teacher is an average, which is made after the main path.
        own: learning({ teacher: OWN, weight: 0.5, steps: 4 }, undefined, average),
        small: learning({ teacher: { state: 'checkpoint', from: 'small' }, weight: 0.5 }),
        // The main path learns nothing; its branch learns from its end.
        branch: learning(null, { teacher: { state: 'path', path: 'main' }, weight: 0.5 }),
      },
      { diskLimit: undefined },
      directory,
    );
    const plan = await kernel.plan();
    await kernel.run(plan, {}, async () => undefined);
    const entries = (await Ledger.read(`${directory}/ledger.jsonl`)).filter(({ kind }) => kind === 'train');
    const flops = new Map<string, number>();
    for (const entry of entries) {
      const perToken = String(Number(entry.flops) / entry.tokens);
      flops.set(perToken, (flops.get(perToken) ?? 0) + entry.steps);
    }
    // 12,345 for a step; a third of it for a teacher of the same size, 100 for the small one.
    expect(Object.fromEntries(flops)).toEqual({ 12345: 10 + 6 + 10, 16460: 4 + 6, 12445: 10 });
    const perStep = { steps: 1, tokens: 40, flops: 40n * 12_345n };
    const estimates = plan.strategies.map((strategy) => Number(estimateStrategy(strategy, perStep).flops) / 40);
    expect(estimates).toEqual([16 * 12_345 + 4 * 16_460, 10 * 12_345 + 10 * 12_445, 20 * 12_345 + 6 * 16_460]);
  });
});
