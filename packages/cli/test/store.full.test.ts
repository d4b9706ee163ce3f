import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { digestBytes, withRunDirectory } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { branchline, type Ended, start } from './bin.js';

const STRATEGIES = {
  'path switching': [{ plugin: 'path-switching', options: { alpha: 0.5 } }],
  averaging: [
    { plugin: 'path-switching', options: { alpha: 0.5 } },
    { plugin: 'model-averaging', options: { last: 2 } },
  ],
};

function experiment(directory: string, more: object = {}): string {
  writeTexts(directory, 120);
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies: STRATEGIES, ...more }));
  return directory;
}

const run = (directory: string, ...path: string[]) => join(directory, 'runs', 'tiny', ...path);
const checkpoints = (directory: string) => readdirSync(run(directory, 'checkpoints')).sort();
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const digests = (directory: string) =>
  (read(run(directory, 'results.json')) as Results).strategies.map(({ releases }) =>
    releases.map(({ weightsDigest }) => weightsDigest),
  );

/** Changes one bit in the middle of a file. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}

interface Listed {
  readonly key: string;
  readonly kind: string;
  readonly bytes: number;
  readonly reasons: readonly { readonly why: string; readonly strategy?: string; readonly version?: number }[];
}

describe('store', () => {
  let directory: string;
  let results: Results;
  /** A collection that waits for the lock in vain, in parallel with the other tests. */
  let refused: Promise<Ended>;

  beforeAll(async () => {
    directory = experiment(mkdtempSync(join(tmpdir(), 'branchline-cli-')));
    const busy = join(directory, 'runs', 'busy');
    refused = withRunDirectory(
      busy,
      () => undefined,
      async () => {
        mkdirSync(join(busy, 'checkpoints', 'tmp-of-the-run'));
        return branchline(directory, 'store', 'gc', 'runs/busy');
      },
    );
    expect((await branchline(directory, 'bench', 'tiny.json', '--no-report')).code).toBe(0);
    results = read(run(directory, 'results.json')) as Results;
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('lists what is kept, and why', async () => {
    const { code, stdout } = await branchline(directory, 'store', 'ls', 'runs/tiny');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^last run {2}the plan of .* for path switching, averaging: finished\n/);
    expect(stdout).toMatch(/ 16 {2}trained .* release 1 of path switching\n/);
    expect(stdout).toMatch(/ 48 {2}average .* release 3 of averaging\n/);
    expect(stdout).toMatch(/ 24 {2}trained .* paths leave here\n/);

    const listed = JSON.parse((await branchline(directory, 'store', 'ls', 'runs/tiny', '--json')).stdout) as {
      checkpoints: Listed[];
      bytes: { checkpoints: number; neededByNobody: number };
    };
    expect(listed.checkpoints.map(({ key }) => key).sort()).toEqual(checkpoints(directory));
    const released = results.strategies.flatMap(({ name, releases }) =>
      releases.map(({ checkpoint, version }) => [checkpoint, { why: 'release', strategy: name, version }] as const),
    );
    for (const [key, reason] of released) {
      expect(listed.checkpoints.find((checkpoint) => checkpoint.key === key)!.reasons).toContainEqual(reason);
    }
    expect(listed.bytes).toMatchObject({ neededByNobody: 0 });
    expect(listed.bytes.checkpoints).toBe(listed.checkpoints.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  it('uses the disk that the plan predicted, and refuses a limit that cannot be kept', async () => {
    const planned = await branchline(directory, 'plan', 'tiny.json', '--json');
    const { disk } = JSON.parse(planned.stdout) as { disk: Record<'peak' | 'least' | 'end' | 'checkpoints', number> };
    const { stdout } = await branchline(directory, 'store', 'ls', 'runs/tiny', '--json');
    const { bytes } = JSON.parse(stdout) as { bytes: { checkpoints: number } };
    expect(disk.checkpoints).toBe(checkpoints(directory).length);
    // The forecast excludes file headers, which are comparable to a model this small.
    expect(bytes.checkpoints / disk.end).toBeGreaterThan(1);
    expect(bytes.checkpoints / disk.end).toBeLessThan(1.2);
    expect(disk.peak).toBeGreaterThanOrEqual(disk.least);

    const limit = ['--disk', `${disk.least - 1}`];
    const told = await branchline(directory, 'plan', 'tiny.json', ...limit);
    expect([told.code, told.stdout]).toEqual([
      2,
      expect.stringMatching(/the limit of .* is too low: .* are needed at once/),
    ]);
    const refused = await branchline(directory, 'bench', 'tiny.json', '--runs', 'other', '--no-report', ...limit);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('but checkpoints need at least')]);
  });

  it('exports a release with its digest, its configuration and its lineage', async () => {
    const out = join(directory, 'model');
    const { code, stdout } = await branchline(directory, 'store', 'export', 'runs/tiny', 'averaging', '--out', 'model');
    const names = ['config.json', 'generation_config.json', 'lineage.json', 'model.safetensors'];
    names.push('tokenizer.json', 'tokenizer_config.json');
    expect([code, readdirSync(out).sort()]).toEqual([0, names]);
    expect(stdout).toContain('release 3 of averaging');
    const release = results.strategies[1]!.releases[2]!;
    expect(digestBytes(readFileSync(join(out, 'model.safetensors')))).toBe(release.weightsDigest);
    expect(read(join(out, 'config.json'))).toMatchObject({ eos_token_id: 256, hidden_size: 16, vocab_size: 257 });
    const lineage = read(join(out, 'lineage.json')) as {
      states: {
        key: string;
        kind: string;
        madeFrom: { from: string; kind: string; weight?: number; steps?: number }[];
      }[];
    };
    const made = { version: 3, cost: { currency: 'USD' }, experiment: { plan: results.experiment.digest } };
    expect(lineage).toMatchObject(made);
    const { states } = lineage;
    expect(states[0]).toMatchObject({ kind: 'init', madeFrom: [] });
    expect(states.at(-1)).toMatchObject({ key: release.checkpoint, kind: 'derived' });
    expect(states.at(-1)!.madeFrom.map(({ kind, weight }) => [kind, weight])).toEqual(Array(2).fill(['average', 0.5]));
    const known = states.map(({ key }) => key);
    for (const [index, { madeFrom }] of states.entries()) {
      for (const { from } of madeFrom) expect(known.slice(0, index)).toContain(from);
    }

    const again = ['store', 'export', 'runs/tiny', 'path switching', '1', '--out', 'model'];
    const refused = await branchline(directory, ...again);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('model is not empty')]);
    const forced = await branchline(directory, ...again, '--force', '--json');
    const { weightsDigest } = results.strategies[0]!.releases[0]!;
    expect(JSON.parse(forced.stdout)).toMatchObject({ version: 1, weightsDigest });
    expect(digestBytes(readFileSync(join(out, 'model.safetensors')))).toBe(weightsDigest);
    expect(readdirSync(out)).toHaveLength(names.length);
  });

  it('reports errors with a remedy', async () => {
    const cases: [string[], number, string][] = [
      [['store'], 2, 'Known: ls, gc, verify, export, data.'],
      [['store', 'verfy', 'runs/tiny'], 2, 'Did you mean "verify"?'],
      [['store', 'ls', 'runs/tony'], 2, 'there is no run directory runs/tony'],
      [['store', 'gc', 'runs'], 5, 'runs has no checkpoints: nothing was trained there'],
      [['store', 'export', 'runs/tiny', 'avraging', '--out', 'x'], 2, 'Did you mean "averaging"?'],
      [['store', 'export', 'runs/tiny', 'averaging', '4', '--out', 'x'], 2, 'It has versions 1, 2, 3.'],
    ];
    const ended = await Promise.all(cases.map(([args]) => branchline(directory, ...args)));
    for (const [index, [, code, text]] of cases.entries()) {
      expect(ended[index]).toMatchObject({ code, stdout: '' });
      expect(ended[index]!.stderr).toContain(text);
    }
  });

  it('deletes nothing while a run writes', async () => {
    const { code, stderr } = await refused;
    expect([code, stderr]).toEqual([4, expect.stringContaining('is in use by process')]);
    expect(readdirSync(run(directory, '..', 'busy', 'checkpoints'))).toEqual(['tmp-of-the-run']);
  });
});

it.runIf(inject('full'))(
  'cleans up after a killed run, and the same command resumes it',
  async () => {
    const versions = { by: 'random', count: 3, tokens: 8192 };
    const directory = experiment(folder(), { data: { ...TINY.data, versions }, checkpointEvery: 2 });
    const killed = start(directory, 'bench', 'tiny.json', '--no-report');
    await killed.says('released path switching, version 3');
    killed.child.kill('SIGKILL');
    await killed.ended;
    mkdirSync(run(directory, 'checkpoints', 'tmp-0123456789abcdef-1'));
    writeFileSync(run(directory, 'checkpoints', 'tmp-0123456789abcdef-1', 'model.safetensors'), 'cut off');
    const before = checkpoints(directory);

    const dry = await branchline(directory, 'store', 'gc', 'runs/tiny', '--dry-run', '--json');
    expect(checkpoints(directory)).toEqual(before);
    const listed = (await branchline(directory, 'store', 'ls', 'runs/tiny')).stdout;
    // A reason continues on the next line where the table is too wide.
    expect(listed.replaceAll(/\s+/g, ' ')).toContain('an unfinished run resumes here');
    const { stdout, code } = await branchline(directory, 'store', 'gc', 'runs/tiny', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { ...(JSON.parse(dry.stdout) as object), dryRun: false }]);
    expect((JSON.parse(stdout) as { leftovers: object[] }).leftovers.length).toBeGreaterThan(0);

    const last = await branchline(directory, 'bench', 'tiny.json', '--no-report');
    expect([last.code, last.stderr]).toEqual([0, expect.not.stringContaining('released path switching, version 3')]);
    const clean = await branchline(directory, 'store', 'verify', 'runs/tiny');
    expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining('everything is as it was written')]);
  },
  120_000,
);

it.runIf(inject('full'))('finds every damage, says what becomes of it, and makes the next run mend it', async () => {
  const directory = experiment(folder());
  await branchline(directory, 'bench', 'tiny.json', '--no-report');
  const sound = await branchline(directory, 'store', 'verify', 'runs/tiny');
  expect([sound.code, sound.stdout]).toEqual([0, expect.stringContaining('everything is as it was written')]);
  const trained = digests(directory);
  const { releases } = (read(run(directory, 'results.json')) as Results).strategies[0]!;
  const [first, second] = releases.map(({ checkpoint }) => checkpoint);
  const [evaluation] = readdirSync(run(directory, 'evaluations'));
  flip(run(directory, 'checkpoints', first!, 'model.safetensors'));
  flip(run(directory, 'checkpoints', second!, 'manifest.json'));
  flip(run(directory, 'evaluations', evaluation!));

  const found = await branchline(directory, 'store', 'verify', 'runs/tiny');
  expect(found.code).toBe(5);
  expect(found.stdout).toContain(`${first!.slice(0, 12)}: model.safetensors is damaged`);
  expect(found.stdout).toContain('then the next run makes it again (release 1 of path switching');
  expect(found.stdout).toContain(`${second!.slice(0, 12)}: its manifest`);
  expect(found.stdout).toContain(`evaluations/${evaluation}`);
  const damaged = await branchline(directory, 'store', 'export', 'runs/tiny', 'path switching', '1', '--out', 'model');
  expect([damaged.code, damaged.stderr]).toEqual([5, expect.stringContaining('its content is not what was written')]);
  expect(readdirSync(join(directory, 'model'))).toEqual([]);

  const moved = await branchline(directory, 'store', 'verify', 'runs/tiny', '--set-aside', '--json');
  const { setAside } = JSON.parse(moved.stdout) as { setAside: string[] };
  expect([moved.code, setAside.sort()]).toEqual([5, [first, second].sort()]);
  expect(readdirSync(run(directory, 'damaged'))).toEqual(expect.arrayContaining(setAside));
  expect((await branchline(directory, 'bench', 'tiny.json', '--no-report')).code).toBe(0);
  expect(digests(directory)).toEqual(trained);
  expect((await branchline(directory, 'store', 'verify', 'runs/tiny')).code).toBe(0);
});
