/** A run directory that somebody else wrote, or that something has damaged: the same run goes on, or says what is wrong. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { BranchlineError, Ledger } from '../src/index.js';
import { averaging, continual } from './plugins.js';
import { digests, run } from './run.js';
import { temporaryDirectory, toyData } from './toy.js';

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

/** Breaks one file of a copy of the run directory and runs again; gives the results, or the error that people can act on. */
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

describe('a file of a run directory with changes at random places', () => {
  test('is made anew: the run ends in the same bits', async () => {
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
      { seed: 1, numRuns: 40 },
    );
  });

  const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  test.each(['stretches', 'evaluations', 'plans'])('%s: nesting without end is damage', async (part) => {
    const name = files.find((file) => file.startsWith(part))!;
    const text = readFileSync(join(good, name), 'utf8');
    const results = await runBroken(name, text.replace('{', `{"a":${nested},`));
    expect(results instanceof BranchlineError ? results : digests(results)).toEqual(digests(undisturbed));
  });
});

describe('the ledger reader', () => {
  test('gives entries or names the line of any text, and opening sets the rest aside', async () => {
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
          const told: string[] = [];
          const opened = await Ledger.open(file, (message) => told.push(message));
          if (read instanceof BranchlineError) {
            expect(read.message).toMatch(/ledger\.jsonl, line \d+: ./);
            expect(told).toHaveLength(1);
          } else {
            expect(read).toEqual(opened.entries);
            expect(told).toEqual([]);
          }
          expect(opened.entries.length).toBeGreaterThanOrEqual(keep);
          expect(await Ledger.read(file)).toEqual(opened.entries);
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });
});
