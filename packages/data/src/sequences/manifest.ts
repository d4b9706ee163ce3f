/** The manifest of a prepared corpus: its sequences and the files that hold them. */
import { CONTENT_BYTES, type Digest, digestJson, type JsonValue } from '@branchline/core';
import { z } from 'zod';
import { type ClassifierFigures, figuresSchema } from '../scorers/classifier-figures.js';
import type { Skipped } from '../sources/bad-documents.js';
import type { RemovedText } from '../splits/copies.js';
import type { Split } from '../splits/split.js';

export const MANIFEST = 'manifest.json';

/** A file of a corpus with its size and digest. */
export interface StoredFile {
  readonly file: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** Sequences of one split, version or validation set, and domain: ids from `first`. */
export interface StoredGroup {
  readonly split: Split;
  /** From 1; 0 in a validation set. */
  readonly version: number;
  /** Name of the validation set. */
  readonly set?: string;
  readonly domain: string;
  readonly first: number;
  readonly count: number;
  /** Bytes of text of the predicted tokens. */
  readonly bytes: number;
  /** Number of documents, after splitting, that the sequences were chosen from. */
  readonly documents: number;
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
    readonly format: 1;
    readonly context: number;
    readonly tokenizer: string;
    readonly vocabulary: number;
    readonly width: 2 | 4;
    readonly sequencesPerShard: number;
    readonly versions: readonly string[];
    /** Name, version and options of the scorer; absent for `field`, `diversity` and `quality`. */
    readonly scorer?: JsonValue;
    readonly groups: readonly StoredGroup[];
    readonly shards: readonly StoredFile[];
    /** Content digest of each sequence: the first `CONTENT_BYTES` bytes of the SHA-256 of its stored tokens. */
    readonly contents: StoredFile;
    /** Score of each sequence, little-endian float64. */
    readonly scores: StoredFile | null;
  };
  /** `documents.jsonl`: one JSON line per document with its split and version. Not part of the digest. */
  readonly documents: StoredFile;
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
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** File names must match the written ones, so that a manifest cannot refer to other files. */
const storedFile = (name: RegExp) => z.strictObject({ file: z.string().regex(name), bytes: whole, digest });

const group = z.strictObject({
  split: z.enum(['train', 'held-out', 'validation']),
  version: whole,
  set: z.string().optional(),
  domain: z.string(),
  first: whole,
  count,
  bytes: whole,
  documents: whole,
});

const removed = { documents: whole, bytes: whole };

const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  digest,
  content: z.strictObject({
    format: z.literal(1),
    context: count,
    tokenizer: z.string(),
    vocabulary: count,
    width: z.union([z.literal(2), z.literal(4)]),
    sequencesPerShard: count,
    versions: z.array(z.string()).min(1),
    scorer: z.json().optional(),
    groups: z.array(group).min(1),
    shards: z.array(storedFile(/^tokens-\d{5,}\.bin$/)),
    contents: storedFile(/^contents\.bin$/),
    scores: storedFile(/^scores\.bin$/).nullable(),
  }),
  account: z.strictObject({
    ...{ documents: whole, read: whole, duplicate: whole, repeated: whole },
    ...{ heldOut: whole, evaluated: whole, train: whole, inSequences: whole },
    removed: z.strictObject(removed).optional(),
    removedBySet: z.array(z.strictObject({ name: z.string(), ...removed })).optional(),
  }),
  documents: storedFile(/^documents\.jsonl$/),
  classifier: figuresSchema.optional(),
  skipped: z
    .array(
      z.strictObject({
        file: z.string(),
        reason: z.string(),
        count,
        unit: z.enum(['line', 'row', 'document']),
        first: z.array(count),
      }),
    )
    .optional(),
  inputs: z.array(z.strictObject({ name: z.string(), bytes: whole, digest })),
});

/**
 * Parses a `manifest.json` and checks its schema, its digest, and that groups and file sizes are consistent, so that
 * every listed sequence exists. Throws otherwise.
 */
export function parseManifest(text: string): Manifest {
  const manifest = manifestSchema.parse(JSON.parse(text));
  const { context, width, sequencesPerShard, versions, groups, shards, contents, scores } = manifest.content;
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const bytes = total * (context + 1) * width;
  let next = 0;
  for (const { first, count, version, split, set } of groups) {
    const isPlaced = split === 'validation' ? set !== undefined && version === 0 : set === undefined && version > 0;
    if (first !== next || version > versions.length || !isPlaced)
      throw new RangeError('the sequence ids of the groups are not contiguous');
    next += count;
  }
  const sizes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  if (
    shards.length !== Math.ceil(total / sequencesPerShard) ||
    sizes !== bytes ||
    contents.bytes !== total * CONTENT_BYTES ||
    (scores && scores.bytes !== total * 8)
  )
    throw new RangeError('groups and file sizes do not match');
  if (manifest.digest !== digestJson(manifest.content as unknown as JsonValue))
    throw new RangeError('the digest does not match');
  return manifest;
}
