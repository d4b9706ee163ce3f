import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProblems, type Json, readGrouped, type Verification, withDatabase } from '@branchline/accounting';
import { TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { BranchlineError, costOfEntry, Ledger, sumCosts } from '@branchline/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneLine } from '../src/ledger/cells.js';
import { parseDimensions } from '../src/ledger/dimensions.js';
import { readLedgerRun } from '../src/ledger/run.js';
import { showLedger } from '../src/ledger/show.js';
import { branchline } from './bin.js';

const STRATEGIES = {
  'from scratch': ['from-scratch'],
  'path switching': [{ plugin: 'path-switching', options: { alpha: 0.5 } }],
  averaging: [
    { plugin: 'path-switching', options: { alpha: 0 } },
    { plugin: 'model-averaging', options: { last: 3 } },
  ],
  later: [{ plugin: 'path-switching', options: { alpha: 0.5, schedule: 'linear' } }],
};

let directory: string;
let run: string;

async function bench(...args: readonly string[]) {
  const ended = await branchline(directory, 'bench', 'tiny.json', '--no-report', ...args);
  expect(ended).toMatchObject({ code: 0 });
}

const ledger = (...args: readonly string[]) => branchline(directory, 'ledger', ...args);

/** A run of three strategies, then one more that needs the same main path. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'branchline-ledger-'));
  run = join(directory, 'runs', 'tiny');
  writeTexts(directory);
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies: STRATEGIES }));
  const first = ['from scratch', 'path switching', 'averaging'];
  await bench(...first.flatMap((name) => ['--only', name]));
  await bench();
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('branchline ledger', () => {
  it('shows costs by strategy, savings, and sources of prices', async () => {
    const { code, stdout } = await ledger('runs/tiny');
    expect(code).toBe(0);
    expect(stdout).toMatch(/entries, unaltered: .* tokens in \d+ steps/);
    expect(stdout).toMatch(/^ {2}averaging +48 .*\n {4}share +\d+ /m);
    expect(stdout).toMatch(/^ {2}actual +\d+ /m);
    expect(stdout).not.toContain('for others, or again');
    expect(stdout).toMatch(/Sharing saved \d+% of what the strategies would have cost apart/);
    expect(stdout).toMatch(
      /Averaging saved .*: "averaging" ran no decays, which took "path switching" 24 steps, and trained 8 steps more of their path\./,
    );
    // The main path up to the last fork, 16 + 16 + 8 steps.
    expect(stdout).toMatch(/Strategies that came later found 40 steps on \S+ tokens stored already/);
    expect(stdout).toMatch(/no price is known|an hour \(.*, \d{4}-\d{2}/);
  });

  it('shows what was trained and reused, and for which strategies', async () => {
    const { stdout } = await ledger('runs/tiny', '--entries');
    // Their names, cut where the table would be wider than a pipe's 100 columns.
    expect(stdout).toMatch(/ train .* path switc…averaging$/m);
    expect(stdout).toMatch(/ reuse .* later$/m);
  });

  it('gives shares that add up, with the rest, exactly to what was paid', async () => {
    const read = await readLedgerRun(run);
    const paid = sumCosts(read.entries.map(costOfEntry));
    const units = (amount: Json | undefined) => BigInt(oneLine(amount).replace('.', ''));
    for (const by of ['strategy', 'version,path', 'plugin, device, kind']) {
      const { rows, actual, rest } = await withDatabase(read, (connection) =>
        readGrouped(connection, parseDimensions(by)),
      );
      expect([units(actual.flops), units(actual.device_seconds)]).toEqual([paid.flops, paid.microseconds]);
      for (const name of ['steps', 'tokens', 'flops', 'device_seconds'] as const) {
        const shares = rows.reduce((sum, row) => sum + units(row[`share_${name}`]), 0n);
        expect([by, name, shares + units(rest[name])]).toEqual([by, name, units(actual[name])]);
      }
    }
  });

  it('answers queries, and reports what is wrong with one', async () => {
    const sql = 'select count(*) as entries, sum(flops) as flops from entries';
    const { stdout } = await ledger('runs/tiny', '--sql', sql, '--json');
    const entries = await Ledger.read(join(run, 'ledger.jsonl'));
    const flops = entries.reduce((sum, entry) => sum + BigInt(entry.flops), 0n);
    expect(JSON.parse(stdout)).toEqual([{ entries: entries.length, flops: String(flops) }]);

    const joined = 'select strategy, loss, share_money from strategies order by loss';
    expect((await ledger('runs/tiny', '--sql', joined)).stdout).toMatch(/^ {2}strategy +loss +share_money\n/);

    const wrong = await ledger('runs/tiny', '--sql', "copy entries to 'stolen.csv'");
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/--sql: .*a single SELECT statement\n +One SELECT over the tables entries, bill/);
    expect(existsSync(join(directory, 'stolen.csv'))).toBe(false);
  });

  it.each([
    [{ by: 'stratgy' }, 'config', 'Did you mean "strategy"?'],
    [{ by: 'kind', entries: true }, 'config', '--by and --entries are two questions'],
    [{ out: 'entries.xlsx' }, 'config', 'Use the extension .parquet, .csv or .json.'],
  ])('reports what is wrong with %j', async (args, code, message) => {
    const asked = showLedger({ run, json: false, ...args });
    await expect(asked).rejects.toMatchObject({ code });
    await expect(asked).rejects.toThrow(message);
  });

  it('names a file of the run that cannot be used', async () => {
    for (const file of ['ledger.jsonl', 'bill.jsonl', 'results.json']) {
      const path = join(run, file);
      const text = readFileSync(path);
      for (const garbage of ['\u0000{"a": 1}\n', '{"a": 1}\n', '[]\n', 'null\n', '{"kind":"train","id":3}\n']) {
        writeFileSync(path, garbage);
        const shown = showLedger({ run, json: false });
        await expect(shown).rejects.toBeInstanceOf(BranchlineError);
        await expect(shown).rejects.toThrow(path);
      }
      writeFileSync(path, text);
    }
  });

  it('reports a run that has no bill yet', async () => {
    const copy = join(directory, 'killed');
    cpSync(run, copy, { recursive: true });
    rmSync(join(copy, 'bill.jsonl'));
    rmSync(join(copy, 'results.json'));
    const { code, stdout } = await ledger('killed');
    expect([code, stdout]).toEqual([0, expect.stringContaining('There is no bill yet')]);
    await expect(showLedger({ run: copy, by: 'kind', json: false })).rejects.toThrow('has no bill.jsonl');
  });
});

describe('branchline ledger verify', () => {
  const file = () => join(run, 'ledger.jsonl');

  /** Verifies the run with a modified ledger, then restores it. */
  async function verifyWith(change: (lines: string[]) => readonly string[]): Promise<Verification> {
    const text = readFileSync(file(), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    writeFileSync(
      file(),
      change(lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
    try {
      return await findProblems(run);
    } finally {
      writeFileSync(file(), text);
    }
  }

  it('says what was checked', async () => {
    const { code, stdout } = await ledger('verify', 'runs/tiny');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/nothing is altered, missing or doubled in \d+ lines and \d+ records/),
    ]);
  });

  it('finds every missing line, of any kind', async () => {
    const { lines } = await verifyWith((all) => all);
    for (let at = 0; at < lines; at++) {
      const { problems } = await verifyWith((all) => all.toSpliced(at, 1));
      const told = problems.map(({ message }) => message).join('\n');
      expect([at, told]).toEqual([
        at,
        expect.stringMatching(/^(a line before it is|lines before it are) missing|^no line books/),
      ]);
      // Reuse is booked at the end of a run, without a record.
      expect([at, told]).toEqual([
        at,
        expect.stringMatching(/no line books (the training|the evaluation|\d+ steps to state \w+ for)/),
      ]);
    }
  });

  it('finds every duplicated line, next to the original or at the end', async () => {
    const { lines } = await verifyWith((all) => all);
    for (let at = 0; at < lines; at++) {
      for (const to of [at, lines]) {
        const { problems } = await verifyWith((all) => all.toSpliced(to, 0, all[at]!));
        const line = Math.max(at, to) + 1 + (to === at ? 1 : 0);
        expect(problems).toMatchObject([{ line, message: expect.stringContaining('is a duplicate') as string }]);
      }
    }
  });

  it('finds swapped lines', async () => {
    const { problems } = await verifyWith((all) => all.toSpliced(3, 2, all[4]!, all[3]!));
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [4, 'is out of place: it belongs after line 5'],
      [5, 'is out of place: it belongs after line 3'],
      [6, 'is out of place: it belongs after line 4'],
    ]);
  });

  it('says what was altered and what the next run does, and that run does it', async () => {
    const text = readFileSync(file(), 'utf8');
    writeFileSync(
      file(),
      text
        .split('\n')
        .map((line, at) => (at === 2 ? line.replace(/"tokens":\d+/, '"tokens":7') : line))
        .join('\n'),
    );
    const { code, stdout } = await ledger('verify', 'runs/tiny');
    expect(code).toBe(5);
    expect(stdout).toMatch(
      /ledger\.jsonl, line 3: was altered: tokens is 7 and was \d+\n +The next run sets the ledger aside/,
    );
    expect(stdout).toContain('keeps its first 2 lines and books the rest again from the records');
    await bench();
    const after = await ledger('verify', 'runs/tiny', '--json');
    expect(JSON.parse(after.stdout)).toMatchObject({
      verified: true,
      problems: [],
      lines: text.split('\n').length - 1,
    });
    expect(after.code).toBe(0);
    expect(existsSync(join(run, 'damaged', 'ledger.jsonl'))).toBe(true);
  });
});
