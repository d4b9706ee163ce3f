/** The index of a prepared corpus: which sequences there are, and which files hold their tokens. */
import { type Digest, digestJson, type JsonValue } from '@branchline/core';
import { z } from 'zod';
import type { Split } from '../splits/split.js';

export const MANIFEST = 'manifest.json';

/** A file of a corpus with what it must contain. */
export interface StoredFile {
  readonly file: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** Sequences of one split, version and domain: ids from `first`. */
export interface StoredGroup {
  readonly split: Split;
  /** From 1. */
  readonly version: number;
  readonly domain: string;
  readonly first: number;
  readonly count: number;
  /** Bytes of text behind the tokens that are predicted. */
  readonly bytes: number;
  /** Documents, after splitting, that the sequences were chosen from. */
  readonly documents: number;
}

/** What `manifest.json` says. */
export interface Manifest {
  /** The SHA-256 of `content`. */
  readonly digest: Digest;
  /** All that training and evaluation can see. */
  readonly content: {
    readonly format: 1;
    readonly context: number;
    readonly tokenizer: string;
    readonly vocabulary: number;
    readonly width: 2 | 4;
    readonly sequencesPerShard: number;
    readonly versions: readonly string[];
    /** What gave the scores, where it is neither a field nor `diversity` nor `quality`: name, version, options. */
    readonly scorer?: JsonValue;
    readonly groups: readonly StoredGroup[];
    readonly shards: readonly StoredFile[];
    /** Score of each sequence, little-endian float64. */
    readonly scores: StoredFile | null;
  };
  /** One line of JSON for each document: what became of it. Not part of the digest. */
  readonly documents: StoredFile;
  /** What the corpus was made from. */
  readonly inputs: readonly { readonly name: string; readonly bytes: number; readonly digest: Digest }[];
}

const whole = z.int().nonnegative();
const count = z.int().positive();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** Names are the ones that are written: no other file of the machine can be meant. */
const storedFile = (name: RegExp) => z.strictObject({ file: z.string().regex(name), bytes: whole, digest });

const group = z.strictObject({
  split: z.enum(['train', 'held-out']),
  version: count,
  domain: z.string(),
  first: whole,
  count,
  bytes: whole,
  documents: whole,
});

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
    scores: storedFile(/^scores\.bin$/).nullable(),
  }),
  documents: storedFile(/^documents\.jsonl$/),
  inputs: z.array(z.strictObject({ name: z.string(), bytes: whole, digest })),
});

/**
 * Reads the text of a `manifest.json`: its form, its digest, and that groups and files add up, so that every sequence
 * it promises lies where it says. Throws for anything else.
 */
export function parseManifest(text: string): Manifest {
  const manifest = manifestSchema.parse(JSON.parse(text));
  const { context, width, sequencesPerShard, versions, groups, shards, scores } = manifest.content;
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const bytes = total * (context + 1) * width;
  let next = 0;
  for (const { first, count, version } of groups) {
    if (first !== next || version > versions.length) throw new RangeError('a group is out of place');
    next += count;
  }
  const sizes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  if (
    shards.length !== Math.ceil(total / sequencesPerShard) ||
    sizes !== bytes ||
    (scores && scores.bytes !== total * 8)
  )
    throw new RangeError('groups and files do not fit');
  if (manifest.digest !== digestJson(manifest.content as unknown as JsonValue)) throw new RangeError('it was altered');
  return manifest;
}
