/**
 * Run directories that are damaged or were written by another program: the same run continues, or reports the problem.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  BranchlineError,
  ChunkStore,
  canonicalJson,
  digestBytes,
  type JsonValue,
  Ledger,
  type LedgerEntry,
  type PlanRecord,
  readPlanRecords,
  type Segment,
} from '@branchline/core';
import { averaging, continual, mutate, mutations, temporaryDirectory, toyData } from '@branchline/core/fixtures';
import fc from 'fast-check';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { digests, run } from './run.js';

const strategies = { plain: [continual()], averaged: [averaging()] };
const data = toyData({ versions: 1 });
let good: string;
let undisturbed: Awaited<ReturnType<typeof run>>['results'];
/** Every JSON file that a run reads, relative to the run directory. */
let files: readonly string[];

beforeAll(async () => {
  good = await temporaryDirectory();
  undisturbed = (await run(strategies, { directory: good, data })).results;
  const all = readdirSync(good, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  files = all
    .map((entry) => relative(good, join(entry.parentPath, entry.name)))
    .filter((name) => /\.jsonl?$/.test(name) && !/^(results\.json|bill\.jsonl|\.lock)/.test(name))
    .sort();
});

/** Corrupts one file in a copy of the run directory and runs again. Returns the results, or the BranchlineError. */
async function runBroken(name: string, content: string) {
  const directory = await temporaryDirectory();
  try {
    cpSync(good, directory, { recursive: true });
    writeFileSync(join(directory, name), content);
    const outcome = await run(strategies, { directory, data }).catch((error: unknown) => error);
    if (outcome instanceof BranchlineError) {
      for (const { message } of outcome.problems) expect(message).not.toMatch(/^$|call stack|undefined|Cannot read/);
      return outcome;
    }
    if (outcome instanceof Error) throw outcome;
    const { results } = outcome as Awaited<ReturnType<typeof run>>;
    for (const { releases } of results.strategies)
      for (const { weightsDigest, loss } of releases) {
        expect(weightsDigest).toMatch(/^[0-9a-f]{64}$/);
        expect(loss).toEqual(expect.any(Number));
      }
    return results;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The same JSON with correct digests, as a deliberate forgery would have. */
function sealed(name: string, value: unknown): string {
  const holder = value as { digest?: unknown; record?: unknown };
  try {
    if (name.startsWith('checkpoints/')) {
      const { digest: _, ...body } = holder;
      return JSON.stringify({ ...body, digest: digestBytes(canonicalJson(body as JsonValue)) });
    }
    return JSON.stringify({ ...holder, digest: digestBytes(JSON.stringify(holder.record)) });
  } catch {
    // Has no canonical JSON.
    return JSON.stringify(value) ?? '';
  }
}

describe('a file of a run directory with changes at random places', () => {
  test('is recomputed: the run ends in the same bits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(), async (which, at, xor, cut) => {
        const name = files[which % files.length]!;
        const bytes = readFileSync(join(good, name));
        bytes[at % bytes.length]! ^= xor;
        const results = await runBroken(
          name,
          bytes.subarray(0, cut % 4 === 0 ? cut % bytes.length : bytes.length).toString('latin1'),
        );
        if (results instanceof BranchlineError) throw results;
        expect(digests(results)).toEqual(digests(undisturbed));
        expect(results.strategies.map(({ releases }) => releases.map(({ loss }) => loss))).toEqual(
          undisturbed.strategies.map(({ releases }) => releases.map(({ loss }) => loss)),
        );
      }),
      { seed: 1, numRuns: inject('full') ? 40 : 15 },
    );
  });

  test('is refused with a message, or accepted when its digest is correct, without a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), mutations, async (which, changes) => {
        const name = files[which % files.length]!;
        const text = readFileSync(join(good, name), 'utf8');
        if (name !== 'ledger.jsonl')
          return void (await runBroken(name, sealed(name, mutate(JSON.parse(text), changes))));
        const lines = text.trimEnd().split('\n');
        const broken = mutate(
          lines.map((line) => JSON.parse(line) as JsonValue),
          changes,
        );
        await runBroken(name, chained(Array.isArray(broken) ? broken : [broken]));
      }),
      { seed: 1, numRuns: inject('full') ? 60 : 20 },
    );
  });

  const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  test.each(['ledger.jsonl', 'checkpoints', 'stretches', 'evaluations', 'plans'])(
    '%s: nesting without end is damage',
    async (part) => {
      const name = files.find((file) => file.startsWith(part))!;
      const text = readFileSync(join(good, name), 'utf8');
      const results = await runBroken(name, text.replace('{', `{"a":${nested},`));
      expect(results instanceof BranchlineError ? results : digests(results)).toEqual(digests(undisturbed));
    },
  );

  test('a manifest without files, and records without numbers, count as damaged', async () => {
    const of = (part: string) => files.find((file) => file.startsWith(part))!;
    const changed = (name: string, change: (value: Record<string, never>) => unknown) => {
      const value = JSON.parse(readFileSync(join(good, name), 'utf8')) as Record<string, never>;
      return runBroken(name, sealed(name, change(value)));
    };
    for (const results of [
      await changed(of('checkpoints'), (manifest) => ({ ...manifest, files: null })),
      await changed(of('checkpoints'), (manifest) => ({ ...manifest, files: { weights: null } })),
      await changed(of('checkpoints'), (manifest) => ({ ...manifest, files: {} })),
      await changed(of('stretches'), ({ record }) => ({ record: { ...(record as unknown as object), loss: null } })),
      await changed(of('stretches'), ({ record }) => ({ record: { ...(record as unknown as object), loss: [] } })),
      await changed(of('evaluations'), ({ record }) => ({
        record: { ...(record as unknown as object), results: null },
      })),
      await changed(of('evaluations'), ({ record }) => ({
        record: { ...(record as unknown as object), results: [{}] },
      })),
    ])
      expect(results instanceof BranchlineError ? results : digests(results)).toEqual(digests(undisturbed));
  });
});

/** Lines of a ledger with a correct digest chain and any content. */
function chained(lines: readonly unknown[]): string {
  let previous = '0'.repeat(64);
  return lines
    .map((line) => {
      const { digest: _, ...body } = { ...(line as object), previous } as { digest?: string };
      try {
        previous = digestBytes(canonicalJson(body));
      } catch {
        // Has no canonical JSON.
      }
      return `${JSON.stringify({ ...body, digest: previous })}\n`;
    })
    .join('');
}

test('plans without information about their states count as damaged', async () => {
  const directory = await temporaryDirectory();
  const [name] = readdirSync(join(good, 'plans'));
  const { record } = JSON.parse(readFileSync(join(good, 'plans', name!), 'utf8')) as { record: PlanRecord };
  const [state] = record.states;
  mkdirSync(join(directory, 'plans'));
  for (const [change, taken] of [
    [{}, 1],
    [{ states: null }, 0],
    [{ states: [null] }, 0],
    [{ states: [{ ...state, roles: [null] }] }, 0],
    [{ states: [{ ...state, key: '../x' }] }, 0],
    [{ strategies: 'all' }, 0],
  ] as const) {
    writeFileSync(join(directory, 'plans', name!), sealed('plans', { record: { ...record, ...change } }));
    const { records, damaged } = await readPlanRecords(directory);
    expect([records.length, damaged.length]).toEqual([taken, 1 - taken]);
  }
});

describe('the ledger reader', () => {
  test('returns entries or reports the bad line for any text, and opening sets the file aside', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'ledger.jsonl');
    const text = readFileSync(join(good, 'ledger.jsonl'), 'utf8');
    const lines = text.trimEnd().split('\n');
    const line = fc.oneof(
      fc.constantFrom(...lines),
      fc.constantFrom(
        '',
        'null',
        '[]',
        '{}',
        '"x"',
        '{"kind":"train"}',
        '\u0000',
        '{"__proto__":{"kind":"train"}}',
        lines[0]!.slice(0, 40),
      ),
      fc.string({ unit: 'binary' }),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(lines.length),
        fc.array(line, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (keep, more, end) => {
          writeFileSync(file, `${[...lines.slice(0, keep), ...more].join('\n')}${end ? '\n' : ''}`);
          const read = await Ledger.read(file).catch((error: unknown) => error);
          const reported: string[] = [];
          const opened = await Ledger.open(file, (message) => reported.push(message));
          if (read instanceof BranchlineError) {
            expect(read.message).toMatch(/ledger\.jsonl, line \d+: ./);
            expect(reported).toHaveLength(1);
          } else {
            expect(read).toEqual(opened.entries);
            expect(reported).toEqual([]);
          }
          expect(opened.entries.length).toBeGreaterThanOrEqual(keep);
          expect(await Ledger.read(file)).toEqual(opened.entries);
        },
      ),
      { seed: 1, numRuns: inject('full') ? 150 : 50 },
    );
  });
});

test('a chunk record whose predecessor is another file is read alone', async () => {
  const directory = await temporaryDirectory();
  const chunks = await ChunkStore.open(join(directory, 'stretches'), () => undefined);
  const key = 'a'.repeat(64);
  const [line] = readFileSync(join(good, 'ledger.jsonl'), 'utf8').split('\n');
  const entry = { ...(JSON.parse(line!) as LedgerEntry), steps: 1 };
  await chunks.write({ ...entry, id: key, from: '../outside', to: key }, [{ loss: 1, gradNorm: 1 }]);
  await chunks.write({ ...entry, id: '../outside' }, [{ loss: 2, gradNorm: 1 }]);
  const segment = { to: { key }, steps: 2 } as unknown as Segment;
  expect(await chunks.lossOf(segment)).toEqual([1]);
});
