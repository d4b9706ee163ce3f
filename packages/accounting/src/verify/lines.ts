/** Checks every line of a ledger: its fields, its digest, and its link to the previous line. */
import {
  canonicalJson,
  type Digest,
  digestBytes,
  type JsonValue,
  type LedgerEntry,
  messageOf,
  parseStored,
  wrongInEntry,
} from '@branchline/core';

/** A problem of a line. */
export interface LineFault {
  /** From 1. */
  readonly line: number;
  readonly message: string;
  /**
   * What a run does when it opens the ledger. `breaks`: it sets the file aside. `cut`: it removes the line. `none`: it
   * accepts the line.
   */
  readonly effect: 'breaks' | 'cut' | 'none';
}

/** A line that contains an entry, altered or not. */
export interface ExaminedLine {
  readonly line: number;
  readonly entry: LedgerEntry;
  readonly previous: unknown;
  readonly digest: unknown;
  /** True if the digest does not match the content. */
  readonly altered: boolean;
  /** True if the line has the same content as written but different formatting. */
  readonly rewritten: boolean;
}

/** The lines of a ledger and their faults. */
export interface ExaminedLedger {
  readonly lines: readonly ExaminedLine[];
  /** In the order of the lines. */
  readonly faults: readonly LineFault[];
}

const FIRST: Digest = '0'.repeat(64);

const NEWLINE = 0x0a;

/** Examines the bytes of a ledger. Unlike a run, it continues after a damaged line. */
export function examineLines(bytes: Buffer): ExaminedLedger {
  const lines: ExaminedLine[] = [];
  const faults: LineFault[] = [];
  let end = 0;
  let count = 0;
  for (let next = bytes.indexOf(NEWLINE); next >= 0; next = bytes.indexOf(NEWLINE, end)) {
    count++;
    const found = readLine(bytes.subarray(end, next), count);
    if (typeof found === 'string') faults.push({ line: count, message: found, effect: 'breaks' });
    else lines.push(found);
    end = next + 1;
  }
  if (end < bytes.length) faults.push({ line: count + 1, message: 'is cut off', effect: 'cut' });
  return { lines, faults: [...faults, ...wrongIn(lines)].sort((a, b) => a.line - b.line) };
}

/** Parses a line; returns a message if it is not an entry. */
function readLine(bytes: Buffer, line: number): ExaminedLine | string {
  let text: string;
  let value: { previous: unknown; digest: unknown };
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = parseStored(text) as typeof value;
  } catch {
    return 'is not JSON';
  }
  const wrong = wrongInEntry(value);
  if (wrong !== undefined) return wrong;
  const { digest, ...body } = value;
  const { previous, ...entry } = body;
  return {
    line,
    entry: entry as unknown as LedgerEntry,
    previous,
    digest,
    altered: digestOf(body) !== digest,
    rewritten: JSON.stringify(value) !== text,
  };
}

function digestOf(body: object): string {
  try {
    return digestBytes(canonicalJson(body as unknown as JsonValue));
  } catch (error) {
    // Invalid Unicode has no digest and was never written by a run.
    return messageOf(error);
  }
}

function wrongIn(lines: readonly ExaminedLine[]): readonly LineFault[] {
  const faults: LineFault[] = [];
  const lineOf = new Map(lines.map(({ digest, line }) => [digest, line]));
  const ids = new Map<Digest, number>();
  let before: { line: number; digest: unknown } = { line: 0, digest: FIRST };
  for (const found of lines) {
    const { line, entry, altered, rewritten } = found;
    const fault = (message: string, effect: LineFault['effect'] = 'breaks') => faults.push({ line, message, effect });
    const again = ids.get(entry.id);
    if (again !== undefined) fault(`is a duplicate: it books the entry of line ${again} again`);
    else {
      ids.set(entry.id, line);
      // The link cannot be checked after an unreadable line.
      const link = before.line === line - 1 ? wrongLink(found, before.digest, lineOf) : undefined;
      if (link !== undefined) fault(link);
    }
    before = { line, digest: again === undefined ? found.digest : before.digest };
    if (altered) fault('was altered');
    else if (rewritten) fault('was reformatted: same content, other characters', 'none');
  }
  return faults;
}

/** Why a line does not follow the previous one; undefined if it does. */
function wrongLink(
  { previous, line }: ExaminedLine,
  before: unknown,
  lineOf: ReadonlyMap<unknown, number>,
): string | undefined {
  if (previous === before) return undefined;
  if (previous === FIRST) return 'is out of place: it belongs at the beginning';
  const place = lineOf.get(previous);
  if (place !== undefined && place !== line) return `is out of place: it belongs after line ${place}`;
  return line === 1 ? 'lines before it are missing' : 'a line before it is missing';
}
