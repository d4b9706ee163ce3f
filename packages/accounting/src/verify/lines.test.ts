import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '@branchline/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { entry } from '../../test/ledger-run.js';
import { examineLines } from './lines.js';

let bytes: Buffer;
let lines: readonly string[];

const reported = (text: string | Buffer) =>
  examineLines(Buffer.from(text)).faults.map(({ line, message, effect }) => `${line} ${message} (${effect})`);
const joined = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');

describe('the lines of a ledger', () => {
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'branchline-lines-'));
    const path = join(directory, 'ledger.jsonl');
    const ledger = await Ledger.open(path, () => undefined);
    for (const index of [1, 2, 3, 4, 5]) await ledger.append(entry(index, { requestedBy: ['ä\n', String(index)] }));
    bytes = readFileSync(path);
    rmSync(directory, { recursive: true });
    lines = bytes.toString().split('\n').slice(0, -1);
  });

  it('written by a run have no faults', () => {
    expect(examineLines(bytes)).toMatchObject({ faults: [], lines: { length: 5 } });
    expect(reported('')).toEqual([]);
  });

  it('reveal any byte that was altered, removed or added', () => {
    const change = fc.record({
      at: fc.nat(100_000),
      byte: fc.integer({ min: 0, max: 255 }),
      how: fc.constantFrom('alter', 'remove', 'insert'),
    });
    fc.assert(
      fc.property(change, ({ at, byte, how }) => {
        const place = at % bytes.length;
        fc.pre(how !== 'alter' || bytes[place] !== byte);
        const tail = bytes.subarray(how === 'insert' ? place : place + 1);
        const changed = Buffer.concat([
          bytes.subarray(0, place),
          how === 'remove' ? Buffer.alloc(0) : Buffer.of(byte),
          tail,
        ]);
        expect(examineLines(changed).faults).not.toEqual([]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('may be arbitrary bytes', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(garbage, (content) => {
        expect(examineLines(Buffer.concat([content, Buffer.from('\n')])).faults).not.toEqual([]);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('are reported with the fault of each', () => {
    const [a, b, c, d, e] = lines as [string, string, string, string, string];
    expect(reported(joined([b, c, d, e]))).toEqual(['1 lines before it are missing (breaks)']);
    expect(reported(joined([a, b, d, e]))).toEqual(['3 a line before it is missing (breaks)']);
    expect(reported(joined([a, b, b, c, d, e]))).toEqual([
      '3 is a duplicate: it books the entry of line 2 again (breaks)',
    ]);
    expect(reported(joined([a, b, c, d, e, a]))).toEqual([
      '6 is a duplicate: it books the entry of line 1 again (breaks)',
    ]);
    expect(reported(joined([b, a, c, d, e]))).toEqual([
      '1 is out of place: it belongs after line 2 (breaks)',
      '2 is out of place: it belongs at the beginning (breaks)',
      '3 is out of place: it belongs after line 1 (breaks)',
    ]);
    expect(reported(joined([a, b, c.replace('"steps":1', '"steps":2'), d, e]))).toEqual(['3 was altered (breaks)']);
    expect(reported(joined([a, `${b} `, c, 'rubbish', e]))).toEqual([
      '2 was reformatted: same content, other characters (none)',
      '4 is not JSON (breaks)',
    ]);
    expect(reported(`${joined([a, b])}${c.slice(0, 30)}`)).toEqual(['3 is cut off (cut)']);
    expect(reported(joined([a, '{"kind":"segment","id":"x"}']))).toEqual([
      '2 has no valid "kind": it was written by another version of Branchline (breaks)',
    ]);
  });
});
