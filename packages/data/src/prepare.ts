import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  BranchlineError,
  type Digest,
  digestJson,
  diskError,
  isDiskFull,
  type JsonValue,
  type Problem,
} from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type DataConfig, type DataSettings, parseDataConfig } from './config/schema.js';
import { type Scoring, scorerInManifest, scoringOf } from './config/scoring.js';
import { failOn, interrupted, some } from './errors.js';
import { describeScorer } from './scorers/define.js';
import { accountFor } from './sequences/account.js';
import { groupsOf, MANIFEST, type Manifest } from './sequences/manifest.js';
import { createReady, planPacking } from './sequences/pack.js';
import { type PlannedPart, planParts } from './sequences/parts.js';
import { planValidation } from './sequences/plan-validation.js';
import { PreparedData } from './sequences/prepared.js';
import { findPart, removeUnlisted, verify } from './sequences/shards.js';
import { type DataProgress, partOf, writeParts } from './sequences/write-sequences.js';
import { byReason, type FoundSource, findSources, type ResolvedSource } from './sources/find-sources.js';
import { assignSplits, type Near, SPLITS } from './splits/assign-splits.js';
import { copiesProblem } from './splits/copies.js';
import { doubtfulOrder } from './splits/doubtful-order.js';
import { versioning } from './splits/split.js';
import { allRows, openScratch, type Scratch } from './storage/duckdb.js';
import { FileWriter } from './storage/file-writer.js';
import { IntegerFiles, widthOf } from './storage/integers.js';
import { pause, untilAborted } from './storage/interrupt.js';
import { inTemporary, publish } from './storage/publish.js';
import { type ReadEntry, type ReadSources, readSources } from './text/documents.js';
import { DamagedEntry, EntryStore, fileOf } from './text/entries.js';
import { NearCopies } from './text/near-copies.js';
import { NearDuplicates } from './text/near-duplicates.js';
import { loadPieces } from './text/pieces.js';
import { Signatures } from './text/signatures.js';
import { keepTokenizer } from './tokenizers/keep.js';
import { openTokenizer } from './tokenizers/open.js';
import type { Tokenizer } from './tokenizers/tokenizer.js';

/** Options of `prepareData`. */
export interface PrepareOptions {
  /** Tokens predicted per sequence. */
  readonly context: number;
  /** Directory of prepared corpora, one folder each. */
  readonly cacheDirectory: string;
  /** Base of relative paths in the configuration: the folder of the experiment file. */
  readonly baseDirectory: string;
  /** Aborts between documents, groups of sequences and files; unfinished files are removed. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

/** Part of the cache key. Increment it when the same files and settings give different sequences. */
const RULES = 4;

/**
 * Checks sources without reading text: paths and globs without files, missing lock files, packages that are not
 * installed as locked, unknown formats, missing fields. Returns all problems.
 */
export async function checkSources(
  settings: DataSettings,
  options: { readonly baseDirectory: string },
): Promise<readonly Problem[]> {
  const problems: Problem[] = [...(await findSources(settings, options.baseDirectory)).problems];
  await openTokenizer(settings, options.baseDirectory, problems);
  return problems;
}

/**
 * Reads, scores, deduplicates, splits and packs text, or opens the cached corpus of the same configuration and input
 * files. All cached files are verified; damage is reported to `onProgress` and the corpus is rebuilt.
 *
 * @throws BranchlineError that lists all detectable problems: `config` for wrong settings and missing sources, `data`
 * for unusable text, `interrupted` if the signal was aborted.
 */
export async function prepareData(config: DataConfig, options: PrepareOptions): Promise<PreparedData> {
  const settings = parseDataConfig(config);
  try {
    return await prepare(settings, options);
  } catch (error) {
    throw explain(error, options);
  }
}

async function prepare(settings: DataSettings, options: PrepareOptions): Promise<PreparedData> {
  const { context, cacheDirectory, signal } = options;
  if (!Number.isInteger(context) || context < 1)
    throw new BranchlineError('config', {
      message: `${context} is not a valid context`,
      remedy: 'Use a whole number above 0.',
    });
  const report = (stage: DataProgress['stage'], message: string) => options.onProgress?.({ stage, message });

  report('find', 'finding files');
  const found = await untilAborted(findSources(settings, options.baseDirectory), signal);
  const problems: Problem[] = [...found.problems];
  const tokenizer = await untilAborted(openTokenizer(settings, options.baseDirectory, problems), signal);
  failOn('config', problems);
  const skippedFiles = [...found.sources, ...found.validation].flatMap((source) => source.skippedFiles);
  for (const [reason, names] of byReason(skippedFiles))
    report('skipped', `skipped ${names.length === 1 ? 'a file' : `${names.length} files`}, ${reason}: ${some(names)}`);
  const resolve = async ({ digest, skippedFiles: _skipped, ...source }: FoundSource): Promise<ResolvedSource> => {
    signal?.throwIfAborted();
    return { ...source, files: await digest(problems, { signal, downloads: path.join(cacheDirectory, 'downloads') }) };
  };
  const sources: ResolvedSource[] = [];
  for (const source of found.sources) sources.push(await resolve(source));
  const reference = found.reference && [await resolve(found.reference)];
  const validation: ResolvedSource[] = [];
  for (const set of found.validation) validation.push(await resolve(set));
  failOn('config', problems);
  const scoring = scoringOf(settings, sources);
  const corpus: Corpus = { settings, sources, scoring, reference, validation, tokenizer: tokenizer! };

  const key = keyOf(corpus, context);
  const directory = path.join(cacheDirectory, key);
  const manifest = await built(directory, corpus, options, report);
  const data = new PreparedData(
    ...([directory, cacheDirectory, manifest, await keepTokenizer(corpus.tokenizer, cacheDirectory)] as const),
    skippedFiles,
  );
  reportSkipped(data, options);
  const doubt = doubtfulOrder(settings, manifest.content.versions);
  if (doubt !== undefined) report('order', doubt);
  return data;
}

/** Times that a corpus is built, or built again because of damage to the cache, before the disk is to blame. */
const ATTEMPTS = 3;

/** Opens the corpus in `directory`, or builds it. */
async function built(
  directory: string,
  corpus: Corpus,
  options: PrepareOptions,
  report: (stage: DataProgress['stage'], message: string) => void,
): Promise<Manifest> {
  const { cacheDirectory, signal } = options;
  let damage = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (existsSync(directory)) report('verify', `verifying ${directory}`);
    else if (!(await build(directory, corpus, options))) continue;
    const checked = await verify(cacheDirectory, directory, signal);
    if ('manifest' in checked) return checked.manifest;
    damage = checked.damage;
    report('damaged', `${damage}; rebuilding the corpus`);
    rmSync(checked.path, { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true });
  }
  throw new BranchlineError('damaged', {
    message:
      damage === '' ? `what was read is damaged again and again in ${cacheDirectory}` : `${damage}, after writing it`,
    remedy: 'Check the disk.',
  });
}

/** Reports how many documents of a corpus were skipped, if any. */
function reportSkipped({ skipped }: PreparedData, { onProgress }: PrepareOptions): void {
  const count = skipped.reduce((sum, one) => sum + one.count, 0);
  const files = new Set(skipped.map(({ file }) => file)).size;
  const documents = `${count} ${count === 1 ? 'document' : 'documents'} of ${files} ${files === 1 ? 'file' : 'files'}`;
  const message = `skipped ${documents} that cannot be read; the corpus's ${MANIFEST} lists them`;
  if (count > 0) onProgress?.({ stage: 'skipped', message });
}

/** Converts abort, disk and memory errors to a BranchlineError with a remedy; returns other errors unchanged. */
function explain(error: unknown, { signal, cacheDirectory }: PrepareOptions): unknown {
  if (signal?.aborted) return interrupted(error);
  if (isDiskFull(error) || isAFile(error)) return diskError(error, cacheDirectory) ?? error;
  // DuckDB reports disk and memory errors only in the message.
  const isRefused = error instanceof Error && ('syscall' in error || /^(IO|Out of Memory) Error/.test(error.message));
  if (isRefused) {
    const remedy = `Check that the sources can be read, and that ${cacheDirectory} can be written and has free space.`;
    return new BranchlineError('data', { configPath: 'data', message: error.message, remedy }, { cause: error });
  }
  return error;
}

/** Whether a folder that prepared text is written to is a file. */
const isAFile = (error: unknown) =>
  (error as NodeJS.ErrnoException).syscall === 'mkdir' &&
  ['EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** All inputs of a corpus. */
interface Corpus {
  readonly settings: DataSettings;
  readonly sources: readonly ResolvedSource[];
  readonly scoring: Scoring;
  /** Sources that the scorer is fitted on. Default: a sample of the earliest version, of all text if random. */
  readonly reference?: readonly ResolvedSource[];
  /** Validation sets, in the order of the settings. */
  readonly validation: readonly ResolvedSource[];
  readonly tokenizer: Tokenizer;
}

/**
 * Cache key: covers everything that determines a corpus. Uses the files found instead of the patterns, and no local
 * paths.
 */
function keyOf({ settings, sources, scoring, reference, validation, tokenizer }: Corpus, context: number): Digest {
  const { sources: _, score: __, tokenizer: ___, evaluation: sets = [], ...rest } = settings;
  const { by, scorer } = scoring;
  const describe = ({ at: _at, name, fields, corrupt, files, ...reading }: ResolvedSource) => ({
    ...reading,
    name: settings.versions.by === 'source' ? name : null,
    fields,
    corrupt,
    files: files.map(({ path: _path, ...file }) => file),
  });
  const found = sources.map(describe);
  const score = { by, scorer: scorer && describeScorer(scorer), reference: reference?.map(describe) };
  const evaluation = validation.map((set, index) => {
    const { near, sequences } = sets[index]!;
    return { ...describe(set), name: set.name, near, sequences };
  });
  const content = {
    ...{ rules: RULES, format: 2, context, settings: rest, score, tokenizer: tokenizer.name, sources: found },
    ...(evaluation.length > 0 && { evaluation }),
  };
  // The round trip through JSON drops undefined values.
  return digestJson(JSON.parse(JSON.stringify(content)) as JsonValue);
}

/** Builds a corpus. Returns false if a damaged part of the cache was removed, so that it must be tried again. */
async function build(directory: string, corpus: Corpus, options: PrepareOptions): Promise<boolean> {
  const { cacheDirectory } = options;
  try {
    await inTemporary(cacheDirectory, path.basename(directory), async (temporary) => {
      const manifest = await buildIn(temporary, corpus, options);
      const folder = path.join(temporary, 'corpus');
      mkdirSync(folder);
      const writer = new FileWriter(path.join(folder, MANIFEST));
      writer.write(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
      writer.close();
      publish(folder, directory);
      removeUnlisted(cacheDirectory, statSync(directory).mtimeMs);
    });
    return true;
  } catch (error) {
    if (error instanceof DamagedEntry) return false;
    throw error;
  }
}

async function buildIn(temporary: string, corpus: Corpus, options: PrepareOptions): Promise<Manifest> {
  const { settings, sources, scoring, reference, validation, tokenizer } = corpus;
  const { context, signal, cacheDirectory } = options;
  const sets = settings.evaluation ?? [];
  const setNames = sets.map(({ name }) => name);
  const problems: Problem[] = [];
  const total = [...sources, ...validation].reduce(
    (sum, { files }) => files.reduce((all, { bytes }) => all + bytes, sum),
    0,
  );
  const report = (stage: DataProgress['stage'], message: string, done?: number) =>
    options.onProgress?.({ stage, message, ...(done !== undefined && { done, total }) });
  const scratch = await openScratch(path.join(temporary, 'scratch'));
  const open: { close(): void }[] = [];
  // DuckDB queries can take minutes and do not observe the signal.
  signal?.addEventListener('abort', scratch.interrupt);
  try {
    const { deduplicate } = settings;
    const nearDuplicates = typeof deduplicate === 'object' ? deduplicate.near : undefined;
    const nearCopies = new Map(sets.flatMap((set, index) => (set.near === undefined ? [] : [[index, set.near]])));
    const damaged = (what: string) => report('damaged', `${what} is damaged; reading its files again`);
    const entries = new EntryStore(cacheDirectory, damaged, signal);
    const reading = {
      ...{ settings, tokenizer, entries, cacheDirectory, temporary, signal },
      ...{ reader: await scratch.connect(), writer: await scratch.connect() },
    };
    const training = {
      scoring,
      reference,
      validation,
      needsSignatures: nearDuplicates !== undefined || nearCopies.size > 0,
    };
    const onProgress = (count: number, done: number) => report('read', `${count} documents read`, done);
    const found = await readSources(sources, { ...reading, ...training, onProgress }, problems);
    const aside = { scoring: { by: 'nothing' as const }, needsSignatures: nearCopies.size > 0 };
    const foundAside = await readSources(validation, { ...reading, ...aside }, problems);
    const skipped = [...found.skipped, ...foundAside.skipped];
    failOn('data', problems);
    report('read', `${found.documents} documents read`, total);
    await pause(signal);
    report('sort', 'dividing documents into versions');
    const catalog = await scratch.connect();
    const read = [...found.entries, ...foundAside.entries];
    const parts = read.map((entry, index) => ({ ...entry, entry: index, file: fileOf(entry, 'pieces') }));
    await loadPieces(catalog, 'pieces', parts.slice(0, found.entries.length));
    await loadPieces(catalog, 'validation_pieces', parts.slice(found.entries.length));
    const versions = await versioning(catalog, sources, settings, problems);
    failOn('config', problems);
    const near = await compareNearly(scratch, found, foundAside, { nearDuplicates, nearCopies, open, signal });
    await assignSplits(catalog, await scratch.connect(), versions, settings, context, near);
    await pause(signal);
    const streams = [
      ...(await planPacking(catalog, versions.names, settings, context, problems)),
      ...(await planValidation(catalog, sets, context, problems)),
    ];
    const removed = problems.length > 0 && (await copiesProblem(catalog, found.documents));
    if (removed) problems.push(removed);
    failOn('data', problems);
    report('sort', 'sorting documents');
    await createReady(catalog);
    const scored = scoring.by !== 'nothing';
    const planned = await planParts(catalog, streams, { tokenizer: tokenizer.name, context, scored, sets: setNames });
    const known = planned.map(({ key }) => findPart(cacheDirectory, key));
    const missing = planned.filter((_, index) => known[index] === undefined);
    await entries.verifyTokens(await entriesIn(catalog, missing, read));
    const tokens = new IntegerFiles(
      read.map((entry) => fileOf(entry, 'tokens')),
      widthOf(tokenizer.vocabulary),
    );
    open.push(tokens);
    const written = [
      ...(await writeParts(missing, catalog, tokens, {
        ...{ cacheDirectory, temporary, tokenizer, scored, context, sets: setNames, signal },
        onProgress: options.onProgress,
      })),
    ];
    const stored = known.map((part) => part ?? written.shift()!);
    const scorer = scorerInManifest(scoring);
    const content = {
      format: 2 as const,
      context,
      tokenizer: tokenizer.name,
      vocabulary: tokenizer.vocabulary,
      width: widthOf(tokenizer.vocabulary),
      versions: versions.names,
      ...(scorer !== undefined && { scorer }),
      parts: planned.map((part, index) => partOf(part, stored[index]!, setNames)),
    };
    return {
      digest: digestJson(content as unknown as JsonValue),
      content,
      documents: stored.map(({ documents }) => documents),
      account: await accountFor(catalog, groupsOf(content.parts), setNames),
      ...(found.classifier && { classifier: found.classifier }),
      ...(skipped.length > 0 && { skipped }),
      inputs: [...sources, ...validation].flatMap(({ files }) =>
        files.map(({ name, bytes, digest }) => ({ name, bytes, digest })),
      ),
    };
  } finally {
    signal?.removeEventListener('abort', scratch.interrupt);
    for (const one of open) one.close();
    scratch.close();
  }
}

/** What finds near duplicates and near copies, as configured. */
async function compareNearly(
  scratch: Scratch,
  training: ReadSources,
  validation: ReadSources,
  {
    nearDuplicates,
    nearCopies,
    open,
    signal,
  }: {
    readonly nearDuplicates: number | undefined;
    readonly nearCopies: ReadonlyMap<number, number>;
    /** Receives what is to be closed. */
    readonly open: { close(): void }[];
    readonly signal?: AbortSignal;
  },
): Promise<Near> {
  if (nearDuplicates === undefined && nearCopies.size === 0) return {};
  const signatures = new Signatures(training.entries);
  open.push(signatures);
  const duplicates =
    nearDuplicates === undefined ? undefined : await NearDuplicates.create(scratch, nearDuplicates, signatures, signal);
  if (nearCopies.size === 0) return { duplicates };
  const others = new Signatures(validation.entries);
  open.push(others);
  return { duplicates, copies: await NearCopies.create(scratch, nearCopies, signatures, others, signal) };
}

/** The entries that have pieces in some parts. */
async function entriesIn(
  catalog: DuckDBConnection,
  parts: readonly PlannedPart[],
  entries: readonly ReadEntry[],
): Promise<readonly ReadEntry[]> {
  if (parts.length === 0) return [];
  const places = parts.map(({ split, version }) => `(${SPLITS.indexOf(split)}, ${version})`).join(', ');
  const rows = await allRows<[number]>(
    catalog,
    `SELECT DISTINCT entry FROM ready WHERE (split, version) IN (VALUES ${places})`,
  );
  return rows.map(([entry]) => entries[entry]!);
}
