/**
 * The shards of a cache directory: files that are named by their digest, shared by all corpora that list them. A part
 * (the sequences of one split of a version, or of a validation set) is sealed: a record maps the text that it was
 * packed from to its shards, so that a later corpus with the same part writes nothing.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Digest } from '@branchline/core';
import { z } from 'zod';
import type { Written } from '../storage/file-writer.js';
import { digestFile, lookAt } from '../storage/files.js';
import { ABANDONED_MS, publish } from '../storage/publish.js';
import { readSealed, writeSealed } from '../storage/sealed-json.js';
import {
  MANIFEST,
  type Manifest,
  type Part,
  parseManifest,
  type Shard,
  shardsOf,
  storedPartSchema,
} from './manifest.js';

/** What is stored of a part. */
export interface StoredPart extends Pick<Part, 'groups' | 'tokens' | 'contents' | 'scores'> {
  readonly documents: Shard;
}

const recordSchema: z.ZodType<StoredPart> = storedPartSchema.extend({
  documents: z.strictObject({ bytes: z.int().nonnegative(), digest: z.string() }),
});

/** The path of a shard. */
export function shardFile(cacheDirectory: string, { digest }: Pick<Shard, 'digest'>): string {
  return path.join(cacheDirectory, 'shards', digest);
}

const recordFile = (cacheDirectory: string, key: Digest) => path.join(cacheDirectory, 'parts', `${key}.json`);

/** Moves a written file to its place among the shards; one with the same content stays as it is. */
export function publishShard(cacheDirectory: string, file: string, written: Written): Shard {
  publish(file, shardFile(cacheDirectory, written));
  return written;
}

/** The part of a key, if its files are there. Their content is verified with the corpus. */
export function findPart(cacheDirectory: string, key: Digest): StoredPart | undefined {
  const file = recordFile(cacheDirectory, key);
  const part = existsSync(file) ? readSealed(file, recordSchema) : undefined;
  if (part === undefined) {
    rmSync(file, { force: true });
    return undefined;
  }
  const { tokens, contents, scores, documents } = part;
  const files = [...tokens, contents, documents, ...(scores ? [scores] : [])];
  const isThere = (shard: Shard) => lookAt(shardFile(cacheDirectory, shard))?.size === shard.bytes;
  return files.every(isThere) ? part : undefined;
}

/** Records a part whose shards are published. */
export function recordPart(cacheDirectory: string, key: Digest, part: StoredPart, temporary: string): void {
  const written = path.join(temporary, 'part.json');
  writeSealed(written, part);
  const file = recordFile(cacheDirectory, key);
  // A record whose shards are gone.
  rmSync(file, { force: true });
  publish(written, file);
}

/** A damaged corpus. */
export interface Damage {
  readonly damage: string;
  /** What must be removed before it is rebuilt. */
  readonly path: string;
}

/** Reads the manifest and checks every file against it. Returns the manifest, or the first damage. */
export async function verify(
  cacheDirectory: string,
  directory: string,
  signal?: AbortSignal,
): Promise<{ manifest: Manifest } | Damage> {
  const file = path.join(directory, MANIFEST);
  const damaged = (path: string, damage: string): Damage => ({ path, damage: `${path} ${damage}` });
  if (!lookAt(file)?.isFile()) return { ...damaged(file, 'is missing'), path: directory };
  const manifest = readManifest(file);
  if (manifest === undefined) return { ...damaged(file, 'is damaged'), path: directory };
  const verified = new Set<Digest>();
  for (const { shard, what } of shardsOf(manifest)) {
    if (verified.has(shard.digest)) continue;
    const place = shardFile(cacheDirectory, shard);
    if (!lookAt(place)?.isFile()) return damaged(place, `(${what}) is missing`);
    const digest = await digestFile(place, signal);
    if (digest !== shard.digest) return damaged(place, `(${what}) is damaged: its digest is ${digest}`);
    verified.add(shard.digest);
  }
  return { manifest };
}

export function readManifest(file: string): Manifest | undefined {
  try {
    return parseManifest(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a manifest is of an earlier release, whose corpora have all their files in their own folder. */
function isOfFormat1(file: string): boolean {
  try {
    const { content } = JSON.parse(readFileSync(file, 'utf8')) as { content?: { format?: unknown } };
    return content?.format === 1;
  } catch {
    return false;
  }
}

/**
 * Removes shards that no corpus of the cache lists. Those of the last days stay: another process may be about to list
 * them. Nothing is removed while there is a manifest that cannot be read.
 *
 * @param now Time by the clock of the file system, in milliseconds.
 */
export function removeUnlisted(cacheDirectory: string, now: number): void {
  const listed = new Set<string>();
  for (const name of readdirSync(cacheDirectory)) {
    const file = path.join(cacheDirectory, name, MANIFEST);
    if (!existsSync(file)) continue;
    const manifest = readManifest(file);
    if (manifest === undefined && isOfFormat1(file)) continue;
    if (manifest === undefined) return;
    for (const { shard } of shardsOf(manifest)) listed.add(shard.digest);
  }
  const folder = path.join(cacheDirectory, 'shards');
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (!listed.has(name) && now - (lookAt(file)?.mtimeMs ?? now) > ABANDONED_MS) rmSync(file, { force: true });
  }
}
