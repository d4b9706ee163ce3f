/** Tests the verifier: every manipulation of a run is detected. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LedgerEntry } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RUN } from './experiment.ts';
import { compareGrowth, compareKept } from './growth.ts';
import { judge } from './judge.ts';
import { performCase } from './perform.ts';
import { type CasePlan, drawCase } from './plan.ts';
import { makeReference, type Reference } from './reference.ts';
import { compareRuns, readFinished } from './verify.ts';

const root = mkdtempSync(join(tmpdir(), 'branchline-verify-'));
let reference: Reference;

beforeAll(async () => {
  reference = await makeReference(join(root, 'undisturbed'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** How a copy of the undisturbed run counts after one of its files was changed. */
async function verdictOf(file: string, change: (text: string) => string) {
  const workspace = mkdtempSync(join(root, 'doctored-'));
  cpSync(reference.directory, workspace, { recursive: true });
  const path = join(workspace, RUN, file);
  writeFileSync(path, change(readFileSync(path, 'latin1')), 'latin1');
  const { run, problems } = await readFinished(workspace);
  const ended = { code: 0, signal: null, output: '', stuck: false };
  return judge({
    plan: { kind: 'SIGKILL', number: 1, begin: 'text', actions: [] },
    processes: [{ role: 'again', ended }],
    strategies: [],
    problems,
    differences: run && compareRuns(reference.run, run),
  });
}

const inResults = (change: (results: DeepWritable<Results>) => void) => (text: string) => {
  const results = JSON.parse(text) as DeepWritable<Results>;
  change(results);
  return JSON.stringify(results);
};
type DeepWritable<T> = { -readonly [K in keyof T]: DeepWritable<T[K]> };

describe('a run directory', () => {
  it('that was not touched is unchanged', async () => {
    expect(await verdictOf('results.json', (text) => text)).toEqual({ outcome: 'continued', complaints: [] });
  });

  it('counts as lost when a line of its ledger is doubled, removed or altered', async () => {
    const lines = (change: (lines: string[]) => string[]) => (text: string) => change(text.split('\n')).join('\n');
    const doctored = [
      lines(([first, ...rest]) => [first!, first!, ...rest]),
      lines(([, ...rest]) => rest),
      lines((all) => [...all.slice(0, -2), '']),
      (text: string) => text.replace('"steps":3', '"steps":4'),
    ];
    for (const change of doctored) expect((await verdictOf('ledger.jsonl', change)).outcome).toBe('lost');
  });

  it('counts as lost if its results have other weights, losses, costs or sums', async () => {
    const verdicts = [
      inResults((results) => void (results.strategies[0]!.releases[0]!.weightsDigest = 'f'.repeat(64))),
      inResults((results) => void (results.strategies[1]!.releases[2]!.loss += 1e-9)),
      inResults((results) => void (results.strategies[2]!.cost.attributed.tokens += 1)),
      inResults((results) => void (results.strategies[3]!.releases[1]!.cumulative.flops += 1)),
      inResults((results) => void (results.graph.tokensTrained -= 1)),
      inResults((results) => void (results.actual.steps += 1)),
      inResults((results) => void results.strategies.pop()),
      inResults((results) => void (results.strategies[4]!.paths[0]!.loss[0]![1] += 1e-9)),
      inResults((results) => void (results.data.heldOutTokens += 1)),
    ].map((change) => verdictOf('results.json', change));
    for (const verdict of verdicts) expect((await verdict).outcome).toBe('lost');
  });

  it('counts as lost if the weights of a release are wrong', async () => {
    const { checkpoint } = reference.run.results.strategies[5]!.releases[1]!;
    const { outcome, complaints } = await verdictOf(
      `checkpoints/${checkpoint}/model.safetensors`,
      (text) => `${text} `,
    );
    expect(outcome).toBe('lost');
    expect(complaints[0]).toMatch(/^CDMA under seed 1, version 2: the file of the weights is not/);
  });
});

describe('an update', () => {
  const { all, earlier } = { all: () => reference.run, earlier: () => reference.earlier.run };
  /** Differences of the grown run with the lines after those of the earlier versions changed. */
  const growthWith = (change: (added: readonly LedgerEntry[]) => readonly LedgerEntry[]) => {
    const { ledger } = earlier();
    const ids = new Set(ledger.map(({ id }) => id));
    const added = all().ledger.filter(({ id }) => !ids.has(id));
    return compareGrowth(earlier(), all(), { ...all(), ledger: [...ledger, ...change(added)] });
  };
  const firstTrained = (added: readonly LedgerEntry[]) =>
    added.find(({ kind, steps }) => kind === 'train' && steps > 1)!;

  it('books each missing step once, in one chunk or in two', () => {
    expect(growthWith((added) => added)).toEqual([]);
    const divided = growthWith((added) => {
      const whole = firstTrained(added);
      const parts = [
        { ...whole, id: 'part', to: 'part', steps: 1 },
        { ...whole, from: 'part', steps: whole.steps - 1 },
      ];
      return added.flatMap((entry) => (entry === whole ? parts : [entry]));
    });
    expect(divided).toEqual([]);
  });

  it('is not as promised if a step is missing, booked twice, or one of an earlier version', () => {
    expect(growthWith((added) => added.filter((entry) => entry !== firstTrained(added)))).toEqual([
      expect.stringMatching(/^\d steps of the last version are not in the ledger$/),
    ]);
    const twice = growthWith((added) => [...added, { ...firstTrained(added), id: 'again' }]);
    const old = growthWith((added) => [...added, { ...firstTrained(earlier().ledger), id: 'again' }]);
    for (const again of [twice, old]) {
      expect(again).toEqual([expect.stringMatching(/^\d steps were booked that were not missing$/)]);
    }
    const rewritten = { ...all(), ledger: all().ledger.slice(1) };
    expect(compareGrowth(earlier(), all(), rewritten)).toHaveLength(1);
  });

  it('keeps all releases of the earlier versions', () => {
    const [before, after] = [earlier().results, all().results];
    expect(compareKept(before, before)).toEqual([]);
    expect(compareKept(before, after)).toEqual([]);
    const without = { ...after, strategies: after.strategies.slice(1) };
    expect(compareKept(before, without)).toHaveLength(before.strategies[0]!.releases.length);
  });
});

describe('a case of the real command', () => {
  it('that is killed and resumed reaches the same results', async () => {
    const plan = drawCase('SIGKILL', 1, 1, reference.lengths, false);
    expect(await performCase(plan, reference, join(root, 'case'))).toEqual({ outcome: 'continued', complaints: [] });
  }, 120_000);

  it('that is killed during an update loses nothing of the earlier versions', async () => {
    const at = [Math.ceil(reference.lengths.growth.moments / 2)];
    const plan: CasePlan = {
      ...{ kind: 'growth', number: 1, begin: 'earlier' },
      actions: [{ do: 'run', injection: { kind: 'signal', signal: 'SIGKILL', at, half: true } }],
    };
    expect(await performCase(plan, reference, join(root, 'growth'))).toEqual({ outcome: 'continued', complaints: [] });
  }, 120_000);

  it.runIf(inject('full'))(
    'that trains earlier versions again during an update counts as lost',
    async () => {
      const directory = mkdtempSync(join(root, 'without-states-'));
      cpSync(reference.earlier.directory, directory, { recursive: true });
      rmSync(join(directory, RUN, 'checkpoints'), { recursive: true });
      const plan: CasePlan = { kind: 'growth', number: 2, begin: 'earlier', actions: [] };
      const withoutStates = { ...reference, earlier: { ...reference.earlier, directory } };
      const { outcome, complaints } = await performCase(plan, withoutStates, join(root, 'again'));
      expect(outcome).toBe('lost');
      expect(complaints.join('\n')).toMatch(/\d+ steps were booked that were not missing/);
      expect(complaints.join('\n')).toMatch(/\d+ steps were computed; \d+ were missing, and 0 processes were stopped/);
    },
    120_000,
  );

  it.runIf(inject('full'))(
    'that meets a NaN says whom it stops',
    async () => {
      const plan = drawCase('nan', 1, 1, reference.lengths, false);
      expect(await performCase(plan, reference, join(root, 'nan'))).toEqual({ outcome: 'refused', complaints: [] });
    },
    120_000,
  );
});
