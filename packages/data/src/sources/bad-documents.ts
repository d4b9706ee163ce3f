/** Documents that cannot be read: refused with their places, or skipped and counted. */
import type { Problem } from '@branchline/core';
import { z } from 'zod';
import { some } from '../errors.js';
import { byText, type InputFile } from '../storage/files.js';
import type { FieldName } from './field-values.js';
import type { ResolvedSource } from './find-sources.js';

/** Documents that were skipped in a file for one reason. */
export interface Skipped {
  /** Name of the file. */
  readonly file: string;
  /** E.g. `nothing in "text"`. */
  readonly reason: string;
  readonly count: number;
  /** What `first` counts from 1: lines of JSONL, rows of Parquet, documents of text. */
  readonly unit: 'line' | 'row' | 'document';
  /** The first few places. */
  readonly first: readonly number[];
}

/** The schema of stored lists of them. */
export const skippedSchema: z.ZodType<readonly Skipped[]> = z.array(
  z.strictObject({
    file: z.string(),
    reason: z.string(),
    count: z.int().positive(),
    unit: z.enum(['line', 'row', 'document']),
    first: z.array(z.int().positive()),
  }),
);

/** Places that are listed. */
const LISTED = 5;

interface Reason {
  readonly field?: FieldName;
  readonly what: string;
  /** The remedy, if repairing or skipping the documents is not the first thing to do. */
  readonly remedy?: string;
  count: number;
  readonly places: number[];
}

/** The bad documents of one file. */
export class BadDocuments {
  /** Documents of the file, good and bad. */
  documents = 0;
  /** Added to messages about fields, e.g. the keys of the first document. */
  hint = '';
  /** What is wrong with the file as a whole, if it is one document. */
  whole: { readonly what: string; readonly remedy: string } | undefined;
  /** Whether the delimiter of the source is in the file. */
  isDivided = false;
  readonly #file: InputFile;
  readonly #source: ResolvedSource;
  readonly #reasons = new Map<string, Reason>();

  constructor(file: InputFile, source: ResolvedSource) {
    this.#file = file;
    this.#source = source;
  }

  /** Name of the file. */
  get name(): string {
    return this.#file.name;
  }

  /** Whether there are any. */
  get isAny(): boolean {
    return this.#reasons.size > 0;
  }

  /** Records that the document at `place` is no document because of `what`, e.g. `nothing in "text"`. */
  add(place: number, what: string, field?: FieldName, remedy?: string): void {
    const key = `${field}\n${what}`;
    const reason = this.#reasons.get(key) ?? { field, what, remedy, count: 0, places: [] };
    this.#reasons.set(key, reason);
    reason.count++;
    reason.places.push(place);
    if (reason.places.length > 64) shorten(reason.places);
  }

  /** Records that the file, which is one document, is none. */
  addWhole(what: string, remedy: string): void {
    this.whole = { what, remedy };
    this.add(1, what, undefined, remedy);
  }

  /** One problem per reason. */
  problems(): Problem[] {
    const { name, format } = this.#file;
    const { at } = this.#source;
    return this.#sorted().map(({ field, what, remedy, count, places }) => {
      const listed = this.#list(count, places);
      if (field !== undefined) {
        const where = count === this.documents ? '' : ` (${listed})`;
        const message = `${count} of ${this.documents} documents of ${name} have ${what}${where}${this.hint}`;
        return { configPath: `${at}.${field}Field`, message, remedy: remedy ?? REMEDY_OF_FIELD };
      }
      const message = `${name} cannot be read as ${format}: ${what} in ${listed}`;
      return { configPath: at, message, remedy: remedy ?? remedyOfFile(name) };
    });
  }

  /** What was skipped, one entry per reason. */
  skipped(): Skipped[] {
    const { name: file } = this.#file;
    return this.#sorted().map(({ what: reason, count, places }) => {
      return { file, reason, count, unit: this.#unit, first: places };
    });
  }

  /** By first place: rows arrive in any order. */
  #sorted(): Reason[] {
    const reasons = [...this.#reasons.values()];
    for (const { places } of reasons) shorten(places);
    return reasons.sort((a, b) => a.places[0]! - b.places[0]! || byText(a.what, b.what));
  }

  get #unit(): Skipped['unit'] {
    return this.#file.format === 'jsonl' ? 'line' : this.#file.format === 'parquet' ? 'row' : 'document';
  }

  #list(count: number, places: readonly number[]): string {
    const more = count > places.length ? ` and ${count - places.length} more` : '';
    return `${this.#unit}${count === 1 ? '' : 's'} ${places.join(', ')}${more}`;
  }
}

function shorten(places: number[]): number[] {
  places.sort((a, b) => a - b);
  places.length = Math.min(places.length, LISTED);
  return places;
}

/** The problems of a source: one per reason and file, or per reason if a file is one document. */
export function problemsIn(bad: readonly BadDocuments[], { at }: ResolvedSource): Problem[] {
  const files = new Map<string, { readonly names: string[]; readonly remedy: string }>();
  for (const { whole, name } of bad) {
    if (whole === undefined) continue;
    const { names } = files.get(whole.what) ?? { names: [] };
    files.set(whole.what, { names: [...names, name], remedy: whole.remedy });
  }
  const ofFiles = [...files].map(([what, { names, remedy }]) => ({
    configPath: at,
    message: `${what}: ${some(names)}`,
    remedy,
  }));
  return [...ofFiles, ...bad.filter(({ whole }) => whole === undefined).flatMap((one) => one.problems())];
}

const REMEDY_OF_FIELD =
  'Name the right field, repair or drop these documents, or leave them out with skip: "bad" in the source.';

/** Remedy for a file that has something else than documents. */
export function remedyOfFile(name: string): string {
  return `Repair the file, or leave it out with "!${name}"; skip: "bad" in the source leaves out bad documents only.`;
}
