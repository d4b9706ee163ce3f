import { existsSync, rmSync } from 'node:fs';
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
import { type DataConfig, type DataSettings, parseDataConfig } from './config/schema.js';
import { describeScorer, type Scoring, scorerInManifest, scoringOf } from './config/scoring.js';
import { failOn, interrupted } from './errors.js';
import { accountFor } from './sequences/account.js';
import { MANIFEST, type Manifest } from './sequences/manifest.js';
import { planPacking } from './sequences/pack.js';
import { planValidation } from './sequences/plan-validation.js';
import { PreparedData } from './sequences/prepared.js';
import { FileWriter, publish, verify } from './sequences/store.js';
import { type DataProgress, writeSequences } from './sequences/write-sequences.js';
import { type FoundSource, findSources, type ResolvedSource } from './sources/find-sources.js';
import { assignSplits } from './splits/assign-splits.js';
import { copiesProblem } from './splits/copies.js';
import { doubtfulOrder } from './splits/doubtful-order.js';
import { versioning } from './splits/split.js';
import { openScratch } from './storage/duckdb.js';
import { pause, untilAborted } from './storage/interrupt.js';
import { Spool } from './storage/spool.js';
import { Catalog } from './text/catalog.js';
import { collectDocuments } from './text/documents.js';
import { NearCopies } from './text/near-copies.js';
import { NearDuplicates } from './text/near-duplicates.js';
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
  const resolve = async ({ digest, ...source }: FoundSource): Promise<ResolvedSource> => {
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

  const opened = async (manifest: Manifest) => {
    const data = new PreparedData(directory, manifest, await keepTokenizer(corpus.tokenizer, cacheDirectory));
    reportSkipped(data, options);
    const doubt = doubtfulOrder(settings, manifest.content.versions);
    if (doubt !== undefined) report('order', doubt);
    return data;
  };
  const key = keyOf(corpus, context);
  const directory = path.join(cacheDirectory, key);
  if (existsSync(directory)) {
    report('verify', `verifying ${directory}`);
    const checked = await verify(directory, signal);
    if ('manifest' in checked) return await opened(checked.manifest);
    report('damaged', `${path.join(directory, checked.damage)}; rebuilding the corpus`);
    rmSync(directory, { recursive: true });
  }
  await publish(cacheDirectory, key, (temporary) => build(temporary, corpus, options));
  const checked = await verify(directory, signal);
  if ('damage' in checked)
    throw new BranchlineError('damaged', {
      message: `${path.join(directory, checked.damage)}, immediately after writing`,
      remedy: 'Check the disk.',
    });
  return await opened(checked.manifest);
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
    ...{ rules: RULES, context, settings: rest, score, tokenizer: tokenizer.name, sources: found },
    ...(evaluation.length > 0 && { evaluation }),
  };
  // The round trip through JSON drops undefined values.
  return digestJson(JSON.parse(JSON.stringify(content)) as JsonValue);
}

async function build(directory: string, corpus: Corpus, options: PrepareOptions): Promise<void> {
  const { settings, sources, scoring, reference, validation, tokenizer } = corpus;
  const { context, signal } = options;
  const sets = settings.evaluation ?? [];
  const setNames = sets.map(({ name }) => name);
  const problems: Problem[] = [];
  const spoolPath = path.join(directory, 'spool');
  const scratchPath = path.join(directory, 'scratch');
  const signaturesPath = path.join(scratchPath, 'signatures');
  let near: NearDuplicates | undefined;
  let nearCopies: NearCopies | undefined;
  const total = [...sources, ...validation].reduce(
    (sum, { files }) => files.reduce((all, { bytes }) => all + bytes, sum),
    0,
  );
  const spool = new Spool(spoolPath, tokenizer.vocabulary);
  const scratch = await openScratch(scratchPath);
  const report = (stage: DataProgress['stage'], message: string, done?: number) =>
    options.onProgress?.({ stage, message, ...(done !== undefined && { done, total }) });
  // DuckDB queries can take minutes and do not observe the signal.
  signal?.addEventListener('abort', scratch.interrupt);
  try {
    const catalog = await Catalog.create(scratch);
    const onProgress = (count: number, done: number) => report('read', `${count} documents read`, done);
    const reader = await scratch.connect();
    const { deduplicate } = settings;
    if (typeof deduplicate === 'object')
      near = await NearDuplicates.create(scratch, deduplicate.near, signaturesPath, signal);
    const thresholds = new Map(sets.flatMap((set, index) => (set.near === undefined ? [] : [[index, set.near]])));
    const copiesPath = path.join(scratchPath, 'copies');
    if (thresholds.size > 0) nearCopies = await NearCopies.create(scratch, thresholds, copiesPath, signal);
    const collecting = { settings, tokenizer, spool, reader, signal, onProgress };
    const training = {
      scoring,
      reference,
      validation,
      catalog,
      near: [near, nearCopies?.training].filter((sink) => !!sink),
    };
    const found = await collectDocuments(sources, { ...collecting, ...training }, problems);
    const aside = {
      scoring: { by: 'nothing' as const },
      catalog: await Catalog.create(scratch, 'validation_pieces'),
      near: nearCopies === undefined ? [] : [nearCopies.validation],
    };
    const foundAside = await collectDocuments(validation, { ...collecting, ...aside, onProgress: undefined }, problems);
    const skipped = [...found.skipped, ...foundAside.skipped];
    failOn('data', problems);
    report('read', `${found.documents} documents read`, total);
    await pause(signal);
    const { connection } = catalog;
    const versions = await versioning(connection, sources, settings, problems);
    failOn('config', problems);
    report('sort', 'dividing documents into versions');
    await assignSplits(connection, await scratch.connect(), versions, settings, context, near, nearCopies);
    await pause(signal);
    const streams = [
      ...(await planPacking(connection, versions.names, settings, context, problems)),
      ...(await planValidation(connection, sets, context, problems)),
    ];
    const removed = problems.length > 0 && (await copiesProblem(connection, found.documents));
    if (removed) problems.push(removed);
    failOn('data', problems);
    report('sort', 'sorting documents');
    const scorer = scorerInManifest(scoring);
    const { documents, ...written } = await writeSequences(directory, streams, connection, spool, {
      ...{ tokenizer, scoring, context, sets: setNames, signal },
      onProgress: options.onProgress,
    });
    const content = {
      format: 1 as const,
      context,
      tokenizer: tokenizer.name,
      vocabulary: tokenizer.vocabulary,
      versions: versions.names,
      ...(scorer !== undefined && { scorer }),
      ...written,
    };
    const manifest: Manifest = {
      digest: digestJson(content as unknown as JsonValue),
      content,
      documents,
      account: await accountFor(connection, written.groups, setNames),
      ...(found.classifier && { classifier: found.classifier }),
      ...(skipped.length > 0 && { skipped }),
      inputs: [...sources, ...validation].flatMap(({ files }) =>
        files.map(({ name, bytes, digest }) => ({ name, bytes, digest })),
      ),
    };
    const writer = new FileWriter(directory, MANIFEST);
    writer.write(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
    writer.close();
  } finally {
    signal?.removeEventListener('abort', scratch.interrupt);
    near?.close();
    nearCopies?.close();
    scratch.close();
    spool.close();
    rmSync(spoolPath);
    rmSync(scratchPath, { recursive: true, force: true });
  }
}
