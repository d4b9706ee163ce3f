import type * as files from 'node:fs/promises';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { LedgerEntry } from './entry.js';
import { Ledger } from './ledger.js';

/** A ledger whose append of the second line stops after 40 bytes, as on a full disk. */
async function ledgerOnFullDisk(): Promise<typeof Ledger> {
  const real = await vi.importActual<typeof files>('node:fs/promises');
  let isFull = false;
  vi.doMock('node:fs/promises', () => ({
    ...real,
    appendFile: async (file: string, text: string) => {
      if (!text.includes('"id":"2"') || isFull) return real.appendFile(file, text);
      isFull = true;
      await real.appendFile(file, text.slice(0, 40));
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    },
  }));
  vi.resetModules();
  return (await import('./ledger.js')).Ledger;
}

afterEach(() => {
  // Other test files share this process and its modules.
  vi.doUnmock('node:fs/promises');
  vi.resetModules();
});

const entry = (id: string): LedgerEntry => ({
  ...{ kind: 'train', id, from: 'a', to: id, root: 'r', at: 1, steps: 1, tokens: 1, flops: '1' },
  ...{ device: 'cpu', deviceSeconds: 1, energyJoules: null, money: null, currency: 'USD', price: null, power: null },
  ...{ requestedBy: ['s'], time: '2026-11-20T00:00:00.000Z' },
});

test('nothing is appended after a line cut off by a full disk, and the next start continues after the last whole line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'branchline-ledger-'));
  const path = join(directory, 'ledger.jsonl');
  const damage: string[] = [];
  const ledger = await (await ledgerOnFullDisk()).open(path, (message) => damage.push(message));
  await ledger.append(entry('1'));
  await expect(ledger.append(entry('2'))).rejects.toThrow('no space left');
  await expect(ledger.append(entry('3'))).rejects.toThrow('no space left');
  expect((await readFile(path, 'utf8')).split('\n')[1]).toHaveLength(40);

  const again = await Ledger.open(path, (message) => damage.push(message));
  await again.append(entry('2'));
  expect((await Ledger.read(path)).map(({ id }) => id)).toEqual(['1', '2']);
  expect(damage).toEqual([]);
  await rm(directory, { recursive: true });
});

test('lines lost at the end of a sealed file are detected', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'branchline-ledger-'));
  const path = join(directory, 'ledger.jsonl');
  const ledger = await Ledger.open(path, () => undefined);
  for (const id of ['1', '2', '3']) await ledger.append(entry(id));
  await ledger.seal();
  await ledger.append(entry('4'));
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const keep = (count: number) =>
    writeFile(
      path,
      lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join(''),
    );
  await keep(3);
  expect(await Ledger.read(path)).toHaveLength(3);
  await keep(1);
  await expect(Ledger.read(path)).rejects.toThrow('line 2: 2 of 3 lines are missing at the end');
  const damage: string[] = [];
  const again = await Ledger.open(path, (message) => damage.push(message));
  expect([again.damaged, again.entries.length]).toEqual([true, 1]);
  expect(damage[0]).toContain('2 of 3 lines are missing at the end');
  await rm(path);
  await expect(Ledger.read(path)).rejects.toThrow('3 of 3 lines are missing at the end');
  await rm(directory, { recursive: true });
});
