import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Digest, digestJson, type JsonValue } from '@branchline/core';
import { collectDocuments, deduplicate, Spool } from './documents.js';
import { type DataProblem, failOn } from './errors.js';
import { packGroup, planPacking } from './pack.js';
import { PreparedData } from './prepared.js';
import { type DataConfig, type DataSettings, parseDataConfig } from './schema.js';
import { type ResolvedSource, resolveSources } from './sources.js';
import { type Placed, place, versioning } from './split.js';
import { encodeTokens, FileWriter, MANIFEST, type Manifest, publish, type StoredGroup, verify } from './store.js';
import { type Tokenizer, tokenizerOf } from './tokenizer.js';

/** What `prepareData` is doing. */
export interface DataProgress {
  /** `damaged` says that the cache was damaged and is built again. */
  readonly stage: 'find' | 'read' | 'pack' | 'verify' | 'damaged';
  readonly message: string;
}

/** Where and for what a corpus is prepared. */
export interface PrepareOptions {
  /** Tokens a sequence trains on. */
  readonly context: number;
  /** Prepared corpora are kept here, one folder each. */
  readonly cacheDirectory: string;
  /** What the paths of the configuration are relative to: the folder of the experiment file. */
  readonly baseDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

/** Shards of about this size are digested and copied one by one. */
const SHARD_BYTES = 64 * 2 ** 20;

/**
 * Reads, scores, deduplicates, splits and packs text, or opens what an earlier call with the same configuration and the
 * same input files has left in the cache. Every file of the cache is verified; one that is damaged is reported to
 * `onProgress` and the corpus is built again.
 *
 * @throws DataError with every problem that could be found.
 */
export async function prepareData(config: DataConfig, options: PrepareOptions): Promise<PreparedData> {
  const settings = parseDataConfig(config);
  const { context, cacheDirectory, signal } = options;
  if (!Number.isInteger(context) || context < 1) throw new RangeError(`a context of ${context} tokens is impossible`);
  const report = (stage: DataProgress['stage'], message: string) => options.onProgress?.({ stage, message });

  const problems: DataProblem[] = [];
  report('find', 'finding files');
  const sources = await resolveSources(settings, options.baseDirectory, problems, signal);
  const resolved = { ...settings, score: chooseScore(settings, sources, problems) };
  checkVersions(resolved, sources, problems);
  failOn(problems);

  const key = keyOf(resolved, sources, context);
  const directory = path.join(cacheDirectory, key);
  if (existsSync(directory)) {
    report('verify', `verifying ${directory}`);
    const checked = await verify(directory, signal);
    if ('manifest' in checked) return new PreparedData(directory, checked.manifest);
    report('damaged', `${path.join(directory, checked.damage)}; the corpus is built again`);
    rmSync(directory, { recursive: true });
  }
  await publish(cacheDirectory, key, (temporary) => build(temporary, resolved, sources, options));
  const checked = await verify(directory, signal);
  if ('damage' in checked) throw new Error(`${path.join(directory, checked.damage)} right after it was written`);
  return new PreparedData(directory, checked.manifest);
}

function chooseScore(
  settings: DataSettings,
  sources: readonly ResolvedSource[],
  problems: DataProblem[],
): DataSettings['score'] {
  const scored = sources.filter(({ fields }) => fields.score !== undefined);
  const score = settings.score ?? (scored.length > 0 ? 'field' : undefined);
  if (score !== 'field') return score;
  for (const source of sources)
    if (!source.fields.score)
      problems.push({
        path: source.at,
        message: 'has no scoreField, but documents are scored by field',
        remedy: 'Name its scoreField, or set data.score to "diversity".',
      });
  return score;
}

function checkVersions(settings: DataSettings, sources: readonly ResolvedSource[], problems: DataProblem[]): void {
  for (const source of sources)
    if (settings.versions.by === 'field' && !source.fields.version)
      problems.push({
        path: source.at,
        message: 'has no versionField, but versions are by field',
        remedy: 'Name its versionField, or set data.versions to { by: "random", count } or { by: "source" }.',
      });
}

/**
 * Everything that decides a corpus: what was found rather than how it was asked for. Paths on this machine are not
 * in it.
 */
function keyOf(settings: DataSettings, sources: readonly ResolvedSource[], context: number): Digest {
  const { sources: _, ...rest } = settings;
  const found = sources.map(({ name, fields, files }) => ({
    name: settings.versions.by === 'source' ? name : null,
    fields,
    files: files.map(({ path: _path, ...file }) => file),
  }));
  // Through JSON, which drops what is undefined.
  const plain = JSON.parse(JSON.stringify({ format: 1, context, settings: rest, sources: found })) as JsonValue;
  return digestJson(plain);
}

async function build(
  directory: string,
  settings: DataSettings,
  sources: readonly ResolvedSource[],
  options: PrepareOptions,
): Promise<void> {
  const { context, signal } = options;
  const problems: DataProblem[] = [];
  const tokenizer = tokenizerOf(settings.tokenizer);
  const spoolPath = path.join(directory, 'spool');
  const scratch = path.join(directory, 'duckdb');
  const spool = new Spool(spoolPath);
  try {
    const found = await collectDocuments(sources, settings, tokenizer, spool, scratch, problems, {
      signal,
      onProgress: (count) => options.onProgress?.({ stage: 'read', message: `${count} documents read` }),
    });
    failOn(problems);
    const versions = versioning(found, sources, settings, problems);
    failOn(problems);
    const documents =
      settings.deduplicate === 'exact' ? deduplicate(found, (one) => versions.versionOf?.(one) ?? 0) : found;
    const scoreOf = settings.score === 'field' ? fieldScore : diversityScore;
    const placed = place(documents, versions, settings, context, scoreOf);
    const groups = planPacking(placed, versions.names, settings, context, problems);
    failOn(problems);
    const content = {
      format: 1 as const,
      context,
      tokenizer: tokenizer.name,
      vocabulary: tokenizer.vocabulary,
      versions: versions.names,
      ...writeSequences(directory, groups, spool, tokenizer, settings, options),
    };
    const manifest: Manifest = {
      digest: digestJson(content as unknown as JsonValue),
      content,
      documents: writeDocuments(directory, placed),
      inputs: sources.flatMap(({ files }) => files.map(({ name, bytes, digest }) => ({ name, bytes, digest }))),
    };
    const writer = new FileWriter(directory, MANIFEST);
    writer.write(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
    writer.close();
  } finally {
    spool.close();
    rmSync(spoolPath);
    rmSync(scratch, { recursive: true, force: true });
  }
}

const fieldScore = (document: { readonly score?: number }) => document.score;
const diversityScore = (_: unknown, piece: { readonly diversity?: number }) => piece.diversity;

type Written = Pick<Manifest['content'], 'width' | 'sequencesPerShard' | 'groups' | 'shards' | 'scores'>;

function writeSequences(
  directory: string,
  groups: ReturnType<typeof planPacking>,
  spool: Spool,
  tokenizer: Tokenizer,
  settings: DataSettings,
  options: PrepareOptions,
): Written {
  const width = tokenizer.vocabulary <= 65536 ? 2 : 4;
  const sequencesPerShard = Math.max(1, Math.floor(SHARD_BYTES / ((options.context + 1) * width)));
  const shards: Manifest['content']['shards'][number][] = [];
  const stored: StoredGroup[] = [];
  const scores = settings.score ? new FileWriter(directory, 'scores.bin') : undefined;
  let shard: FileWriter | undefined;
  let next = 0;
  for (const group of groups) {
    options.signal?.throwIfAborted();
    const { split, domain, pieces } = group;
    const version = group.version + 1;
    options.onProgress?.({ stage: 'pack', message: `packing ${split} text of version ${version}, ${domain}` });
    const first = next;
    let bytes = 0;
    for (const sequence of packGroup(group, spool, tokenizer, options.context)) {
      if (next % sequencesPerShard === 0) {
        if (shard) shards.push(shard.close());
        shard = new FileWriter(directory, `tokens-${String(next / sequencesPerShard).padStart(5, '0')}.bin`);
      }
      shard!.write(encodeTokens(sequence.tokens, width));
      scores?.write(float64(sequence.score));
      bytes += sequence.bytes;
      next++;
    }
    stored.push({ split, version, domain, first, count: next - first, bytes, documents: pieces.length });
  }
  if (shard) shards.push(shard.close());
  return { width, sequencesPerShard, groups: stored, shards, scores: scores?.close() ?? null };
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function writeDocuments(directory: string, placed: readonly Placed[]) {
  const writer = new FileWriter(directory, 'documents.jsonl');
  for (const { document, piece, split, version, score } of placed) {
    const { id, domain } = document;
    const { digest, tokens, bytes } = piece;
    const line = { id, digest, version: version + 1, domain, split, score, tokens, bytes };
    writer.write(Buffer.from(`${JSON.stringify(line)}\n`));
  }
  return writer.close();
}
