/**
 * Registered comparison rules of a run directory: when each was registered, and how many results existed then. Stored
 * in `rules.jsonl`, one line per rule, sealed by digest. A verdict is credible when its rule was registered before the
 * results.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  canonicalJson,
  type Digest,
  digestBytes,
  digestJson,
  isDigest,
  isPlainObject,
  type JsonValue,
  parseStored,
  setAside,
  writeFileAtomic,
} from '@branchline/core';
import type { ComparisonResult, ComparisonRule, OtherRegistration, RegistrationEvent } from './results/comparison.js';

/** What is registered before a run. */
export interface Registered {
  readonly rule: ComparisonRule;
  readonly baseline: string;
  readonly seeds: readonly number[];
  readonly strategies: readonly string[];
}

/** A line of `rules.jsonl`. */
interface RegistrationRecord extends RegistrationEvent, Registered {
  readonly format: 1;
  /** Digest of the registered rule, baseline, seeds and strategies. */
  readonly digest: Digest;
}

const FILE = 'rules.jsonl';

/** Digest of what is registered. */
export function digestOfRule({ rule, baseline, seeds, strategies }: Registered): Digest {
  return digestJson({ rule, baseline, seeds, strategies } as unknown as JsonValue);
}

/**
 * Registers a rule unless it already is. If some lines are unreadable, the file is set aside and the readable lines are
 * kept; the rule of a lost line is registered again, with the number of results that exist now.
 */
export async function registerRule(
  directory: string,
  registered: Registered,
  event: RegistrationEvent,
  warn: (message: string) => void,
): Promise<void> {
  const path = join(directory, FILE);
  const { records, damaged } = await readRecords(path);
  const digest = digestOfRule(registered);
  const known = records.some((record) => record.digest === digest);
  if (known && !damaged) return;
  if (damaged) {
    warn(`${path} was damaged and set aside under damaged/; the registration times of its lost rules are unknown`);
    await setAside(path);
  }
  const { rule, baseline, seeds, strategies } = registered;
  const record: RegistrationRecord = { format: 1, digest, ...event, rule, baseline, seeds, strategies };
  const lines = [...records, ...(known ? [] : [record])].map(lineOf);
  await writeFileAtomic(path, lines.join(''));
}

/** Registration of a rule, and all other registered rules; undefined when it is not registered. */
export async function registrationOf(
  directory: string,
  registered: Registered,
): Promise<ComparisonResult['registration'] | undefined> {
  const { records } = await readRecords(join(directory, FILE));
  const digest = digestOfRule(registered);
  const own = records.find((record) => record.digest === digest);
  if (own === undefined) return undefined;
  const others = records.filter((record) => record !== own).map((record) => otherOf(record, registered));
  return { ...eventOf(own), others };
}

const eventOf = ({ time, releases, of }: RegistrationEvent): RegistrationEvent => ({ time, releases, of });

function otherOf(record: RegistrationRecord, registered: Registered): OtherRegistration {
  const parts = ['rule', 'baseline', 'seeds', 'strategies'] as const;
  const text = (part: unknown) => canonicalJson(part as JsonValue);
  const differs = parts.filter((part) => text(record[part]) !== text(registered[part]));
  return { ...eventOf(record), digest: record.digest, differs };
}

function lineOf(record: RegistrationRecord): string {
  const digest = digestBytes(canonicalJson(record as unknown as JsonValue));
  return `${JSON.stringify({ digest, record })}\n`;
}

async function readRecords(path: string) {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const records = lines.flatMap((line) => readRecord(line) ?? []);
  return { records, damaged: records.length < lines.length };
}

function readRecord(line: string): RegistrationRecord | undefined {
  try {
    const { digest, record } = parseStored(line) as { digest: Digest; record: RegistrationRecord };
    const sealed = digestBytes(canonicalJson(record as unknown as JsonValue)) === digest;
    return sealed && isRecord(record) && record.digest === digestOfRule(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { format, digest, time, releases, of, rule, baseline, seeds, strategies } = value;
  return (
    format === 1 &&
    isDigest(digest) &&
    [time, baseline].every((part) => typeof part === 'string') &&
    [releases, of].every(Number.isSafeInteger) &&
    isPlainObject(rule) &&
    [seeds, strategies].every(Array.isArray)
  );
}
