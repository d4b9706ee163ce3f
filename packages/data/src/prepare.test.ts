import path from 'node:path';
import { allHeldOut, type OrderRequest } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, listed, prepare, range, rejoin, rows } from '../test/corpus.js';
import { folder, makeRows, text, write } from '../test/fixtures.js';
import type { DataConfig } from './config/schema.js';

describe('packing', () => {
  test('decoded sequences join to the documents, sorted by score', async () => {
    const base = fixture();
    const { data } = await prepare(base, { sources: [FIELDS], versions: { by: 'field' }, heldOut: 0.1 });
    const byText = new Map(rows.map((row) => [row.text, row]));
    for (const { version, domain, first, count } of data.groups) {
      const documents = rejoin(data, range(first, count)).split('\0').slice(0, -1);
      let last = -1;
      for (const document of documents) {
        const row = byText.get(document)!;
        expect(row).toBeDefined();
        expect([row.year, row.kind]).toEqual([data.versions[version - 1]!.name, domain]);
        expect(row.score).toBeGreaterThanOrEqual(last);
        last = row.score;
      }
    }
  });

  test('a sequence has a version, a domain, a split and the mean score of its tokens', async () => {
    const content = [0.25, 0.75].flatMap((score) =>
      Array.from({ length: 20 }, (_, index) => ({ ...makeRows(1)[0]!, score, text: text(`${score} ${index}`) })),
    );
    const base = fixture(content);
    const { data } = await prepare(base, {
      sources: [{ files: 'rows.jsonl', scoreField: 'score' }],
      versions: { by: 'random', count: 1 },
    });
    const scores = [...range(0, data.versions[0]!.sequences)].map((id) => data.sequence(id).score!);
    expect(scores[0]).toBe(0.25);
    expect(scores.at(-1)).toBe(0.75);
    expect(new Set(scores).size).toBeLessThanOrEqual(3);
    expect(data.sequence(0)).toEqual({ version: 1, domain: 'default', split: 'train', score: 0.25 });
    expect(data.sequence(data.sequences - 1).split).toBe('held-out');
    expect(() => data.sequence(data.sequences)).toThrow(RangeError);
    expect(() => data.read(Uint32Array.of(data.sequences))).toThrow(RangeError);
  });

  test('counts bytes of text, not ends of documents', async () => {
    const { data } = await prepare(fixture(), { sources: [FIELDS] });
    let ends = 0;
    for (const part of allHeldOut(data).parts) {
      const predicted = [...data.read(part.sequences)].filter((_, index) => index % 33 !== 0);
      expect(part.bytes).toBe(predicted.filter((token) => token < 256).length);
      ends += predicted.length - part.bytes;
    }
    expect(ends).toBeGreaterThan(0);
    expect(data.vocabulary).toBe(257);
  });

  test('a document longer than maxDocumentBytes is split at line ends', async () => {
    const base = folder();
    const long = text('long', 400);
    write(base, { 'long.txt': long, 'a.txt': text('a', 20), 'b.txt': text('b', 20), 'c.txt': text('c', 20) });
    const { data } = await prepare(base, {
      sources: '*.txt',
      versions: { by: 'random', count: 1 },
      maxDocumentBytes: 500,
    });
    const lines = listed(data).trim().split('\n');
    const pieces = lines.map((line) => JSON.parse(line) as { id: string; bytes: number; split: string });
    const ofLong = pieces.filter(({ id }) => id === 'long.txt');
    expect(ofLong.length).toBeGreaterThan(20);
    expect(Math.max(...ofLong.map(({ bytes }) => bytes))).toBeLessThanOrEqual(500);
    expect(ofLong.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(long));
    // A document is held out as a whole or not at all.
    expect(new Set(ofLong.map(({ split }) => split)).size).toBe(1);
  });
});

describe('determinism', () => {
  const config: DataConfig = { sources: [FIELDS], versions: { by: 'random', count: 2 } };

  test('the order of lines and the location of files do not matter', async () => {
    const one = await prepare(fixture(), config);
    const two = await prepare(fixture([...rows].reverse()), config);
    expect(two.data.directory).not.toBe(one.data.directory);
    expect(two.data.digest).toBe(one.data.digest);
    const again = await prepare(fixture(), config);
    expect(path.basename(again.data.directory)).toBe(path.basename(one.data.directory));
  });

  test('every option that affects the corpus changes its digest', async () => {
    const base = fixture();
    const digests = new Set<string>();
    const changes: Partial<DataConfig>[] = [
      {},
      { seed: 1 },
      { heldOut: 0.2 },
      { heldOut: { sequences: 3 } },
      { score: 'diversity' },
      { maxDocumentBytes: 100 },
      { versions: { by: 'random', count: 3 } },
      { versions: { by: 'random', count: 2, tokens: 1000 } },
    ];
    for (const change of changes) digests.add((await prepare(base, { ...config, ...change })).data.digest);
    digests.add((await prepare(base, config, 16)).data.digest);
    expect(digests.size).toBe(changes.length + 1);
  });

  test('an order depends on the ids, not on the request', async () => {
    const { data } = await prepare(fixture(), config);
    const request: OrderRequest = { parts: [{ version: 1 }], order: { by: 'ascending' }, seed: 1 };
    const order = data.order(request);
    expect(data.order({ ...request })).toBe(order);
    expect(data.order({ ...request, seed: 2 }).digest).toBe(order.digest);
    expect(data.reorder(order.ids.slice().reverse(), request.order, 3)).toEqual(order);
    expect(data.reorder(order.ids, { by: 'descending' }, 1).digest).not.toBe(order.digest);
    expect(() => data.reorder(allHeldOut(data).parts[0]!.sequences, request.order, 1)).toThrow(RangeError);
  });
});
