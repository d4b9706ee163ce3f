/**
 * The manifest of a prepared corpus: an index of sealed parts. The part of a version is stored once, whatever corpora
 * have it.
 */
import { CONTENT_BYTES, type Digest, digestJson, type JsonValue } from '@branchline/core';
import { z } from 'zod';
import { type ClassifierFigures, figuresSchema } from '../scorers/classifier-figures.js';
import { type Skipped, skippedSchema } from '../sources/bad-documents.js';
import type { RemovedText } from '../splits/copies.js';
import type { Split } from '../splits/split.js';
import type { Written } from '../storage/file-writer.js';
import type { Width } from '../storage/integers.js';

export const MANIFEST = 'manifest.json';

/** A file in the folder `shards` of the cache. It is named by its digest and never changes. */
export type Shard = Written;

/** Sequences of a domain in a part. */
export interface PartGroup {
  readonly domain: string;
  readonly count: number;
  /** Bytes of text of the predicted tokens. */
  readonly bytes: number;
  /** Number of documents, after splitting, that the sequences were chosen from. */
  readonly documents: number;
}

/** The sequences of one split of a version, or of a validation set. */
export interface Part {
  readonly split: Split;
  /** From 1; 0 in a validation set. */
  readonly version: number;
  /** Name of the validation set. */
  readonly set?: string;
  readonly groups: readonly PartGroup[];
  /** Tokens, in the order of the sequences. A sequence is in one shard. */
  readonly tokens: readonly Shard[];
  /** Content digest of each sequence: the first `CONTENT_BYTES` bytes of the SHA-256 of its stored tokens. */
  readonly contents: Shard;
  /** Score of each sequence, little-endian float64. */
  readonly scores: Shard | null;
}

/** Sequences of one split, version or validation set, and domain: ids from `first`. */
export interface StoredGroup extends PartGroup {
  readonly split: Split;
  /** From 1; 0 in a validation set. */
  readonly version: number;
  /** Name of the validation set. */
  readonly set?: string;
  readonly first: number;
}

/**
 * Where the text of the sources went, in bytes of UTF-8: `duplicate`, `repeated`, `heldOut`, `train` and the bytes of
 * `removed` add up to `read`.
 */
export interface TextAccount {
  /** Documents read. */
  readonly documents: number;
  readonly read: number;
  /** Text of documents that are duplicates of others. */
  readonly duplicate: number;
  /** Training text that is also held out and therefore not trained on. */
  readonly repeated: number;
  /** Text of held-out documents, and the part of it that releases are evaluated on. */
  readonly heldOut: number;
  readonly evaluated: number;
  /** Training text, and the part of it in sequences: the rest is beyond `tokens`, or does not fill a sequence. */
  readonly train: number;
  readonly inSequences: number;
  /** Characters of training, held-out and validation text that the tokenizer left out, if there are any. */
  readonly dropped?: number;
  /** Text that is also in a validation set; absent without validation sets. */
  readonly removed?: RemovedText;
  /** The part of it that each set has; sets can share text. */
  readonly removedBySet?: readonly (RemovedText & { readonly name: string })[];
}

/** Content of `manifest.json`. */
export interface Manifest {
  /** SHA-256 of `content`. */
  readonly digest: Digest;
  /** Everything that training and evaluation can read. */
  readonly content: {
    readonly format: 2;
    readonly context: number;
    readonly tokenizer: string;
    readonly vocabulary: number;
    readonly width: Width;
    readonly versions: readonly string[];
    /** Name, version and options of the scorer; absent for `field`, `diversity` and `quality`. */
    readonly scorer?: JsonValue;
    /** In the order of sequence ids: training text, held-out text, validation sets. */
    readonly parts: readonly Part[];
  };
  /** For each part, its documents: one JSON line each, with split and version. Not part of the digest. */
  readonly documents: readonly Shard[];
  /** Where the text went. Not part of the digest. */
  readonly account: TextAccount;
  /** How well the classifier of the score tells the reference from the text. Not part of the digest. */
  readonly classifier?: ClassifierFigures;
  /** Documents that could not be read and were skipped, if there are any. Not part of the digest. */
  readonly skipped?: readonly Skipped[];
  /** Input files of the corpus. */
  readonly inputs: readonly { readonly name: string; readonly bytes: number; readonly digest: Digest }[];
}

const whole = z.int().nonnegative();
const count = z.int().positive();
/** The digest is the file's name, so a manifest cannot refer to other files. */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const shard = z.strictObject({ bytes: whole, digest });

/** What is stored of a part: the files and what is in them. */
export const storedPartSchema = z.strictObject({
  groups: z.array(z.strictObject({ domain: z.string(), count, bytes: whole, documents: whole })),
  tokens: z.array(shard),
  contents: shard,
  scores: shard.nullable(),
});

const part = storedPartSchema.extend({
  split: z.enum(['train', 'held-out', 'validation']),
  version: whole,
  set: z.string().optional(),
});

const removed = { documents: whole, bytes: whole };

const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  digest,
  content: z.strictObject({
    format: z.literal(2),
    context: count,
    tokenizer: z.string(),
    vocabulary: count,
    width: z.union([z.literal(2), z.literal(4)]),
    versions: z.array(z.string()).min(1),
    scorer: z.json().optional(),
    parts: z.array(part).min(1),
  }),
  documents: z.array(shard),
  account: z.strictObject({
    ...{ documents: whole, read: whole, duplicate: whole, repeated: whole },
    ...{ heldOut: whole, evaluated: whole, train: whole, inSequences: whole },
    dropped: count.optional(),
    removed: z.strictObject(removed).optional(),
    removedBySet: z.array(z.strictObject({ name: z.string(), ...removed })).optional(),
  }),
  classifier: figuresSchema.optional(),
  skipped: skippedSchema.optional(),
  inputs: z.array(z.strictObject({ name: z.string(), bytes: whole, digest })),
});

/** The number of sequences of a part. */
export function sequencesOf({ groups }: Pick<Part, 'groups'>): number {
  return groups.reduce((sum, group) => sum + group.count, 0);
}

/** The groups of all parts, with their sequence ids. */
export function groupsOf(parts: readonly Part[]): readonly StoredGroup[] {
  let first = 0;
  return parts.flatMap(({ split, version, set, groups }) =>
    groups.map((group) => {
      first += group.count;
      return { split, version, ...(set !== undefined && { set }), ...group, first: first - group.count };
    }),
  );
}

/** The files of a corpus, each with what it holds. */
export function shardsOf({ content: { parts }, documents }: Manifest): readonly { shard: Shard; what: string }[] {
  return parts.flatMap(({ split, version, set, tokens, contents, scores }, index) => {
    const of = set === undefined ? `the ${split} text of version ${version}` : `the validation set ${set}`;
    return [
      ...tokens.map((one) => ({ shard: one, what: `tokens of ${of}` })),
      { shard: contents, what: `digests of ${of}` },
      ...(scores ? [{ shard: scores, what: `scores of ${of}` }] : []),
      { shard: documents[index]!, what: `documents of ${of}` },
    ];
  });
}

/**
 * Parses a `manifest.json` and checks its schema, its digest, and that groups and file sizes are consistent, so that
 * every listed sequence exists. Throws otherwise.
 */
export function parseManifest(text: string): Manifest {
  const manifest = manifestSchema.parse(JSON.parse(text));
  const { content, documents } = manifest;
  const { context, width, versions, parts } = content;
  const bytes = (context + 1) * width;
  for (const part of parts) {
    const { split, version, set, tokens, contents, scores } = part;
    const isPlaced = split === 'validation' ? set !== undefined && version === 0 : set === undefined && version > 0;
    if (version > versions.length || !isPlaced) throw new RangeError('a part has no version');
    const total = sequencesOf(part);
    if (
      tokens.reduce((sum, shard) => sum + shard.bytes, 0) !== total * bytes ||
      tokens.some((shard) => shard.bytes === 0 || shard.bytes % bytes !== 0) ||
      contents.bytes !== total * CONTENT_BYTES ||
      (scores !== null && scores.bytes !== total * 8)
    )
      throw new RangeError('groups and file sizes do not match');
  }
  if (documents.length !== parts.length || new Set(parts.map(({ scores }) => scores === null)).size > 1)
    throw new RangeError('the parts do not match');
  if (groupsOf(parts).length === 0) throw new RangeError('there are no sequences');
  if (manifest.digest !== digestJson(content as unknown as JsonValue))
    throw new RangeError('the digest does not match');
  return manifest;
}
