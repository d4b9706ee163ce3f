import { readFileSync } from 'node:fs';
import path from 'node:path';
import { allHeldOut, BranchlineError } from '@branchline/core';
import { expect } from 'vitest';
import type { DataConfig } from '../src/config/schema.js';
import { prepareData } from '../src/prepare.js';
import type { PreparedData } from '../src/sequences/prepared.js';
import type { DataProgress } from '../src/sequences/write-sequences.js';
import { folder, jsonl, makeRows, type Row, write } from './fixtures.js';

/** Documents of two domains and three years. */
export const rows = makeRows(160);
/** A source of these documents with all fields. */
export const FIELDS = {
  files: 'rows.jsonl',
  scoreField: 'score',
  domainField: 'kind',
  versionField: 'year',
  idField: 'name',
};

/** A prepared corpus and the progress reported meanwhile. */
export interface Run {
  data: PreparedData;
  progress: DataProgress[];
}

/** Prepares a corpus with `base` as base and cache directory. */
export async function prepare(base: string, config: DataConfig, context = 32): Promise<Run> {
  const progress: DataProgress[] = [];
  const data = await prepareData(config, {
    context,
    baseDirectory: base,
    cacheDirectory: path.join(base, 'cache'),
    onProgress: (one) => progress.push(one),
  });
  return { data, progress };
}

/** The problems of a configuration, one line each. */
export async function problemsOf(base: string, config: unknown, context = 32): Promise<string> {
  const error = await prepare(base, config as DataConfig, context).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BranchlineError);
  return (error as BranchlineError).problems
    .map((one) => `${one.configPath}: ${one.message} -> ${one.remedy}`)
    .join('\n');
}

/** Decodes and joins sequences; each starts with the last token of the previous one. */
export function rejoin(data: PreparedData, ids: Uint32Array): string {
  const tokens = data.read(ids);
  const length = data.context + 1;
  const kept = tokens.filter((_, index) => index === 0 || index % length !== 0);
  return Buffer.from(Uint8Array.from(kept, (token) => (token === 256 ? 0 : token))).toString('utf8');
}

/** `count` ids starting at `from`. */
export const range = (from: number, count: number) => Uint32Array.from({ length: count }, (_, index) => from + index);
/** Ids of all held-out sequences. */
export const heldOutIds = (data: PreparedData) => allHeldOut(data).parts.flatMap(({ sequences }) => [...sequences]);

/** A folder with `rows.jsonl`. */
export function fixture(content: readonly Row[] = rows): string {
  const base = folder();
  write(base, { 'rows.jsonl': jsonl(content) });
  return base;
}

/** The list of documents of a corpus: JSON lines. */
export function listed(data: PreparedData): string {
  return data.documentFiles.map((file) => readFileSync(file, 'utf8')).join('');
}
