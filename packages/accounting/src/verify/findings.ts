/** Finds all problems of a ledger, and what the next run will do about each. */
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import {
  BranchlineError,
  CheckpointStore,
  canonicalJson,
  type JsonValue,
  type LedgerEntry,
  readPlanRecords,
} from '@branchline/core';
import { readBill } from '../files/bill-file.js';
import { type ExaminedLedger, examineLines } from './lines.js';
import { missingFor } from './owed.js';
import { type Records, readRecords, type SealedRecord } from './records.js';

/** A problem of a file. */
export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly message: string;
  /** What the next run of the experiment does about it. */
  readonly next: string;
}

/** Result of a verification. */
export interface Verification {
  readonly file: string;
  readonly verified: boolean;
  /** Number of lines that are entries. */
  readonly lines: number;
  /** Number of intact records of training chunks and evaluations. */
  readonly records: number;
  readonly problems: readonly Finding[];
  /**
   * Number of records with neither a line nor a stored state: usually training that was killed before it was stored.
   */
  readonly unfinished: number;
}

/**
 * Checks the ledger of a run against its digests, its records and its bill. Read-only; another process may be training.
 */
export async function findProblems(run: string): Promise<Verification> {
  const file = join(run, 'ledger.jsonl');
  // Read the ledger last: records are written shortly before their lines.
  const stored = (await CheckpointStore.look(join(run, 'checkpoints'))).store;
  const records = await readRecords(run);
  const bill = await billFindings(run);
  const ledger = examineLines(await readLedger(file));
  const { missing, unfinished } = unbooked(ledger, records, (key) => stored.has(key));
  const entries = [...ledger.lines.map(({ entry }) => entry), ...missing.map(({ entry }) => entry)];
  const problems = [
    ...lineFindings(run, file, ledger, records),
    ...missing.map(
      ({ file: record, entry }): Finding => ({
        file,
        message: `no line books ${describe(entry)}, recorded in ${relative(run, record)}`,
        next: 'The next run books it again from its record.',
      }),
    ),
    ...records.damaged.map(
      (damaged): Finding => ({
        ...damaged,
        next: 'The next run keeps its line in the ledger, but could not restore it if it were lost.',
      }),
    ),
    ...bill(entries),
  ];
  const { lines } = ledger;
  return {
    file,
    verified: problems.length === 0,
    lines: lines.length,
    records: records.sound.size,
    problems,
    unfinished,
  };
}

/** Reads the ledger; a missing file counts as empty. */
async function readLedger(file: string): Promise<Buffer> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
}

/** Problems of single lines. */
function lineFindings(
  run: string,
  file: string,
  { lines, faults }: ExaminedLedger,
  records: Records,
): readonly Finding[] {
  const first = faults.find(({ effect }) => effect === 'breaks')?.line;
  const kept = first === undefined || first === 1 ? 'none of its lines' : `its first ${lineCount(first - 1)}`;
  const nexts = {
    breaks: `The next run sets the ledger aside under damaged/, keeps ${kept} and books the rest again from the records.`,
    cut: 'The next run removes the partial line and books it again from its record.',
    none: 'The next run accepts it.',
  };
  const found = new Map(lines.map((line) => [line.line, line]));
  const ofFaults = faults.map(({ line, message, effect }): Finding => {
    const examined = found.get(line);
    const record = examined?.altered ? records.sound.get(examined.entry.id) : undefined;
    const detail = record === undefined ? '' : differences(examined!.entry, record.entry);
    const detailed = message === 'was altered' && detail !== '' ? `${message}: ${detail}` : message;
    return { file, line, message: detailed, next: nexts[effect] };
  });
  const againstRecords = lines.flatMap(({ line, entry, altered }): readonly Finding[] => {
    if (altered || (entry.kind !== 'train' && entry.kind !== 'evaluate')) return [];
    const record = records.sound.get(entry.id);
    if (record === undefined)
      return isDamaged(entry, records) ? [] : [{ file, line, message: NO_RECORD, next: NO_RECORD_NEXT }];
    const detail = differences(entry, record.entry);
    if (detail === '') return [];
    const next =
      'The next run does not notice it, because the lines are consistent; if ledger.jsonl is removed, it rebuilds the ledger from the records.';
    return [{ file, line, message: `differs from its record ${relative(run, record.file)}: ${detail}`, next }];
  });
  return [...ofFaults, ...againstRecords].sort((a, b) => a.line! - b.line!);
}

const lineCount = (count: number) => `${count.toLocaleString('en-US')} ${count === 1 ? 'line' : 'lines'}`;

const NO_RECORD = 'has no record: the record was removed, or the line was added';
const NO_RECORD_NEXT = 'The next run keeps the line, but could not restore it if it were lost.';

function isDamaged({ id, to }: LedgerEntry, { damaged }: Records): boolean {
  return damaged.some(({ file }) => basename(file) === `${id}.json` || basename(file).startsWith(`${to}-`));
}

/** Fields in which a line differs from its record. */
function differences(line: LedgerEntry, record: LedgerEntry): string {
  const fields = [...new Set([...Object.keys(record), ...Object.keys(line)])] as (keyof LedgerEntry)[];
  // After a damaged record an evaluation is repeated, but the line of the first one is kept: skip measured fields.
  const isCompared = (field: keyof LedgerEntry) =>
    record.kind !== 'evaluate' || ['kind', 'from', 'to', 'root', 'at', 'steps', 'tokens', 'flops'].includes(field);
  return fields
    .filter((field) => isCompared(field) && show(line[field]) !== show(record[field]))
    .map((field) => `${field} is ${show(line[field])} and was ${show(record[field])}`)
    .join(', ');
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : canonicalJson(value as JsonValue);
}

/** Records without a line: `missing` have a stored state, `unfinished` were killed before storing. */
function unbooked(
  { lines }: ExaminedLedger,
  { sound }: Records,
  isStored: (key: string) => boolean,
): { readonly missing: readonly SealedRecord[]; readonly unfinished: number } {
  const ids = new Set(lines.map(({ entry }) => entry.id));
  const without = [...sound].filter(([id]) => !ids.has(id)).map(([, record]) => record);
  const left = new Set([...lines.map(({ entry }) => entry.from), ...without.map(({ entry }) => entry.from)]);
  const missing = without
    .filter(({ entry: { kind, to } }) => kind === 'evaluate' || isStored(to) || left.has(to))
    .sort((a, b) => (a.entry.time === b.entry.time ? a.entry.at - b.entry.at : a.entry.time < b.entry.time ? -1 : 1));
  return { missing, unfinished: without.length - missing.length };
}

function describe({ kind, steps, to }: LedgerEntry): string {
  const state = to.slice(0, 10);
  return kind === 'evaluate' ? `the evaluation of state ${state}` : `the training of ${steps} steps to state ${state}`;
}

/** Reads the bill and returns a function that finds what a ledger lacks of it. */
async function billFindings(run: string): Promise<(entries: readonly LedgerEntry[]) => readonly Finding[]> {
  const file = join(run, 'bill.jsonl');
  try {
    const bill = (await readBill(file)) ?? [];
    const { records } = await readPlanRecords(run);
    const plan = records.find(({ strategies, seeds }) =>
      bill.every(({ strategy, seed }) => strategies.includes(strategy) && (seeds?.includes(seed) ?? true)),
    );
    const next = 'The next run of this experiment books it again.';
    return (entries) =>
      missingFor(bill, entries, plan).map((what) => ({
        file: join(run, 'ledger.jsonl'),
        message: `no line books ${what}, though bill.jsonl says so`,
        next,
      }));
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    const message = error.problems[0]!.message.replace(file, '').replace(/^,? /, '');
    return () => [{ file, message, next: 'The next run rewrites it.' }];
  }
}
