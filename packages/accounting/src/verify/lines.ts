/** Looks at every line of a ledger: what it says, its digest, and whether it follows the one before. */
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

/** What is wrong with a line. */
export interface LineFault {
  /** From 1. */
  readonly line: number;
  readonly message: string;
  /**
   * `breaks`: a run that opens the ledger sets the file aside for it. `cut`: it removes the line. `none`: it does not
   * mind.
   */
  readonly effect: 'breaks' | 'cut' | 'none';
}

/** A line that is an entry, sound or not. */
export interface ExaminedLine {
  readonly line: number;
  readonly entry: LedgerEntry;
  readonly previous: unknown;
  readonly digest: unknown;
  /** True when the digest is not that of what the line says. */
  readonly altered: boolean;
  /** True when it says the same as what was written, in other characters. */
  readonly rewritten: boolean;
}

export interface ExaminedLedger {
  readonly lines: readonly ExaminedLine[];
  /** In the order of the lines. */
  readonly faults: readonly LineFault[];
}

const FIRST: Digest = '0'.repeat(64);

const NEWLINE = 0x0a;

/** Examines the bytes of a ledger. Goes on behind what is damaged, unlike a run. */
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
  if (end < bytes.length) faults.push({ line: count + 1, message: 'is cut off before its end', effect: 'cut' });
  return { lines, faults: [...faults, ...wrongIn(lines)].sort((a, b) => a.line - b.line) };
}

/** A line, or what keeps it from being one. */
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
    // A text that is no Unicode has no digest, and was never written.
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
    if (again !== undefined) fault(`stands there twice: it books the entry of line ${again} again`);
    else {
      ids.set(entry.id, line);
      // Behind a line that cannot be read nobody knows what should follow.
      const link = before.line === line - 1 ? wrongLink(found, before.digest, lineOf) : undefined;
      if (link !== undefined) fault(link);
    }
    before = { line, digest: again === undefined ? found.digest : before.digest };
    if (altered) fault('was altered');
    else if (rewritten) fault('was altered: it says the same in other characters', 'none');
  }
  return faults;
}

/** Why a line does not follow the one before it. */
function wrongLink(
  { previous, line }: ExaminedLine,
  before: unknown,
  lineOf: ReadonlyMap<unknown, number>,
): string | undefined {
  if (previous === before) return undefined;
  if (previous === FIRST) return 'is out of place: it belongs at the beginning';
  const place = lineOf.get(previous);
  if (place !== undefined && place !== line) return `is out of place: it belongs behind line ${place}`;
  return line === 1 ? 'lines before it are missing' : 'a line before it is missing';
}
