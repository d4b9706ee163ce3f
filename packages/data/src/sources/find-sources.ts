import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Problem } from '@branchline/core';
import type { CorruptShare, DataSettings, FilesSource, LockfileSource } from '../config/schema.js';
import { scoringOf } from '../config/scoring.js';
import { some } from '../errors.js';
import {
  digestFile,
  extensionGroup,
  type FileFormat,
  findFiles,
  formatOf,
  type InputFile,
  lookAt,
  MAX_DOCUMENT,
  plainName,
  posix,
} from '../storage/files.js';
import { isGzip, isZstd } from './bytes.js';
import { folderFields } from './folder-fields.js';
import { isBinary } from './is-binary.js';
import { lockedPackages, lockfileFiles } from './lockfile.js';
import {
  type Fetching,
  isRemote,
  parseRemote,
  type RemoteFile,
  remoteBaseName,
  remoteName,
  resolveRemote,
  withoutSecrets,
} from './remote.js';

/** Names of the document fields of a source. */
export interface SourceFields {
  readonly text: string;
  readonly domain?: string;
  readonly score?: string;
  readonly version?: string;
  readonly id?: string;
}

/** What all stages know about a source. */
interface Source {
  /** Config path, e.g. `data.sources[0]`. */
  readonly at: string;
  /** Version name if versions are by source: the glob or lock file. Of a validation set: its name. */
  readonly name: string;
  readonly fields: SourceFields;
  /** Share of its training text that is replaced by noise. */
  readonly corrupt?: CorruptShare;
  /** What divides its text files into documents. */
  readonly delimiter?: string;
  /** Whether documents that cannot be read are left out and counted. */
  readonly skip?: boolean;
  /** Whether folders such as `month=2024-01` provide fields that a document lacks. */
  readonly folderFields?: boolean;
}

/** A source with digests of its files. */
export interface ResolvedSource extends Source {
  readonly files: readonly InputFile[];
}

/** Whether a source is one text file without a delimiter, whose pieces are its documents. */
export function isOneTextFile({ files, delimiter }: ResolvedSource): boolean {
  return files.length === 1 && files[0]!.format === 'text' && delimiter === undefined;
}

/** Extensions of binary files and of table formats that are not supported; as text, markup would be trained on. */
const UNSUPPORTED_FORMAT =
  /\.(7z|arrow|avro|bin|bz2|csv|docx?|epub|feather|gif|h5|jpe?g|mp[34]|np[yz]|orc|pdf|pickle|pkl|png|pptx?|rar|safetensors|sqlite3?|tar|tgz|tsv|wav|webp|xlsx?|xz|zip)$/i;

/** A file of a folder or glob that is not read. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** A source whose files were found but not yet read. */
export interface FoundSource extends Source {
  /** Files that are left out because they are no text, by name. */
  readonly skippedFiles: readonly SkippedFile[];
  /** Digests its files. Also chooses the files of a lock file and fetches remote files. */
  readonly digest: (problems: Problem[], fetching: Fetching) => Promise<readonly InputFile[]>;
}

/** Result of `findSources`. */
export interface Found {
  readonly sources: readonly FoundSource[];
  /** Text that the scorer is fitted on, if the settings name it. */
  readonly reference?: FoundSource;
  /** Validation sets, in the order of the settings; each is called by its name. */
  readonly validation: readonly FoundSource[];
  readonly problems: readonly Problem[];
}

/** Finds the files of all sources and collects every problem that can be detected without reading text. */
export async function findSources(settings: DataSettings, baseDirectory: string): Promise<Found> {
  const problems: Problem[] = [];
  const { score } = settings;
  const single = typeof settings.sources === 'string';
  const list = typeof settings.sources === 'string' ? [settings.sources] : settings.sources;
  const column = typeof score === 'object' && 'column' in score ? score.column : undefined;
  const sources: FoundSource[] = [];
  for (const [index, source] of list.entries()) {
    const at = single ? 'data.sources' : `data.sources[${index}]`;
    sources.push(await findSource(source, at, column, baseDirectory, problems));
  }
  checkNeeds(settings, sources, problems);
  const fittedOn = typeof score === 'object' && 'by' in score ? score.reference : undefined;
  const at = 'data.score.reference';
  const reference =
    fittedOn === undefined ? undefined : await findSource(fittedOn, at, undefined, baseDirectory, problems);
  const validation: FoundSource[] = [];
  for (const [index, { name, near: _, sequences: __, ...set }] of (settings.evaluation ?? []).entries())
    validation.push({
      ...(await findSource(set, `data.evaluation[${index}]`, undefined, baseDirectory, problems)),
      name,
    });
  return { sources, reference, validation, problems };
}

async function findSource(
  source: string | FilesSource | LockfileSource,
  at: string,
  column: string | undefined,
  baseDirectory: string,
  problems: Problem[],
): Promise<FoundSource> {
  if (typeof source === 'object' && 'lockfile' in source) {
    const packages = lockedPackages(source, at, baseDirectory, problems) ?? [];
    const digest: FoundSource['digest'] = (more, { signal }) => lockfileFiles(source, packages, at, more, signal);
    return {
      at,
      name: source.lockfile,
      fields: { text: 'text' },
      corrupt: source.corrupt?.share,
      skippedFiles: [],
      digest,
    };
  }
  const plain: FilesSource = typeof source === 'string' ? { files: source } : source;
  const config = { ...plain, scoreField: plain.scoreField ?? column };
  const filesAt = typeof source === 'string' ? at : `${at}.files`;
  const patterns = patternsOf(config).filter((pattern) => !isRemote(pattern));
  const { files, skippedFiles } =
    patterns.length === 0
      ? { files: [], skippedFiles: [] }
      : await plainFiles(config, patterns, filesAt, baseDirectory, problems);
  const remote = remoteFiles(config, filesAt, problems);
  checkFields(config, at, [...files, ...remote], problems);
  const digest: FoundSource['digest'] = async (more, fetching) => {
    const digested: InputFile[] = [];
    for (const file of files) digested.push({ ...file, digest: await digestFile(file.path, fetching.signal) });
    return [...digested, ...(await resolveRemote(remote, filesAt, fetching, more))];
  };
  const name = patternsOf(config).map(withoutSecrets).join(', ');
  const delimiter = config.delimiter === undefined ? undefined : unescaped(config.delimiter);
  const { corrupt, folderFields } = config;
  const skip = config.skip === 'bad' || undefined;
  return {
    at,
    name,
    fields: fieldsOf(config),
    corrupt: corrupt?.share,
    delimiter,
    skip,
    folderFields,
    skippedFiles,
    digest,
  };
}

/** Checks that sources have the fields and settings that scoring and versions need. */
function checkNeeds(settings: DataSettings, sources: readonly FoundSource[], problems: Problem[]): void {
  const { by } = scoringOf(settings, sources);
  for (const { at, fields } of sources)
    if (by === 'field' && !fields.score)
      problems.push({
        configPath: at,
        message: 'has no scoreField, but documents are scored by field',
        remedy: 'Name its scoreField, or set data.score to "diversity".',
      });
  if (by === 'quality' && sources.every(({ corrupt }) => corrupt === undefined))
    problems.push({
      configPath: 'data.score',
      message: 'is "quality", but no source has corrupt: all documents would have the same score',
      remedy: 'Set corrupt in a source, for example { share: [0, 0.6] }, or choose another score.',
    });
  for (const { at, fields } of sources)
    if (settings.versions.by === 'field' && !fields.version)
      problems.push({
        configPath: at,
        message: 'has no versionField, but versions are by field',
        remedy: 'Name its versionField, or set data.versions to { by: "random", count } or { by: "source" }.',
      });
}

/** Single quotes of YAML keep backslashes: `'\\n'` means a line end too. */
function unescaped(delimiter: string): string {
  return delimiter.replaceAll('\\r\\n', '\\n').replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\r\n', '\n');
}

function patternsOf(source: FilesSource): string[] {
  return typeof source.files === 'string' ? [source.files] : source.files;
}

function fieldsOf(source: FilesSource): SourceFields {
  const {
    textField: text = 'text',
    domainField: domain,
    scoreField: score,
    versionField: version,
    idField: id,
  } = source;
  return { text, domain, score, version, id };
}

export type FoundFile = Omit<InputFile, 'digest'>;

const UNSUPPORTED = 'neither text nor JSONL nor Parquet';

/** Whether a file that would be read as text has an unsupported format. */
function isUnsupported(source: FilesSource, file: string): boolean {
  return isZstd(file) || (!source.format && UNSUPPORTED_FORMAT.test(plainName(file)));
}

function domainOf(source: FilesSource, file: string): string {
  return typeof source.domain === 'object' ? extensionGroup(file) : (source.domain ?? 'default');
}

/** Remote files of a source; sends no request. */
function remoteFiles(source: FilesSource, at: string, problems: Problem[]): RemoteFile[] {
  return patternsOf(source)
    .filter(isRemote)
    .flatMap((pattern) => {
      const url = parseRemote(pattern, at, problems);
      if (url === undefined) return [];
      const file = remoteBaseName(url);
      const format = source.format ?? formatOf(file);
      const name = remoteName(url);
      if (format !== 'text' || !isUnsupported(source, file))
        return [{ url, name, format, domain: domainOf(source, file) }];
      problems.push({
        configPath: at,
        message: `${UNSUPPORTED}: ${name}`,
        remedy: 'Convert or unpack it; format: "text" reads it as it is.',
      });
      return [];
    });
}

/** The files of a folder, for a look at it. */
export function surveyFiles(
  patterns: string[],
  folder: string,
  problems: Problem[],
): Promise<{ readonly files: readonly FoundFile[]; readonly skippedFiles: readonly SkippedFile[] }> {
  return plainFiles({ files: patterns }, patterns, 'data.sources', folder, problems);
}

async function plainFiles(
  source: FilesSource,
  patterns: readonly string[],
  at: string,
  baseDirectory: string,
  problems: Problem[],
): Promise<{ readonly files: FoundFile[]; readonly skippedFiles: readonly SkippedFile[] }> {
  const files: FoundFile[] = [];
  const unsupported: string[] = [];
  const unreadable: string[] = [];
  const special: string[] = [];
  const skippedFiles: SkippedFile[] = [];
  const found = await findFiles(patterns, baseDirectory);
  // What is named itself is meant; in a folder there is what there is.
  const isNamed = (file: string) => patterns.some((pattern) => path.resolve(baseDirectory, pattern) === file);
  for (const file of found) {
    const format = source.format ?? formatOf(file);
    const name = posix(path.relative(baseDirectory, file));
    const stat = lookAt(file);
    const bytes = stat?.size;
    const domain = domainOf(source, file);
    const reason = bytes === 0 && format !== 'parquet' ? 'empty' : UNSUPPORTED;
    if (bytes === undefined || !isReadable(file)) unreadable.push(name);
    else if (!stat?.isFile()) special.push(name);
    else if (reason === 'empty') skippedFiles.push({ file: name, reason });
    else if (format === 'text' && isUnsupported(source, file)) {
      if (isNamed(file)) unsupported.push(name);
      else skippedFiles.push({ file: name, reason });
    } else if (format === 'text' && !source.format && !isGzip(file) && !isNamed(file) && isBinary(file))
      skippedFiles.push({ file: name, reason });
    else files.push({ path: file, name, format, domain, bytes });
  }
  const isOne = files.length === 1 && patterns.length === patternsOf(source).length;
  const isDivided = source.delimiter !== undefined || isOne;
  const large = files.filter(({ format, bytes }) => format === 'text' && bytes > MAX_DOCUMENT && !isDivided);
  const report = (names: readonly string[], message: string, remedy: string) => {
    if (names.length > 0) problems.push({ configPath: at, message: `${message}: ${some(names)}`, remedy });
  };
  report(unreadable, 'cannot be opened', 'Make them readable, or leave them out with "!glob".');
  report(
    special,
    'pipes, sockets and devices are not read',
    'Store their text in a file, or leave them out with "!glob".',
  );
  report(
    unsupported,
    UNSUPPORTED,
    'Convert or unpack them, or leave them out with "!glob"; format: "text" reads them as they are.',
  );
  report(
    large.map(({ name }) => name),
    `a text file is one document and has at most ${MAX_DOCUMENT} bytes`,
    'Divide them with delimiter, split them into files, or store their documents as JSONL or Parquet.',
  );
  if (found.length === 0)
    problems.push({
      configPath: at,
      message: `no file matches ${patterns.map((pattern) => `"${pattern}"`).join(', ')} in ${baseDirectory}`,
      remedy: 'Correct the path or glob; it is relative to the experiment file.',
    });
  const refused = unreadable.length + special.length + unsupported.length;
  if (files.length + refused === 0)
    for (const [reason, names] of byReason(skippedFiles))
      problems.push({
        configPath: at,
        message: `has no text: ${reason}: ${some(names)}`,
        remedy: 'Name a folder with text, JSONL or Parquet files; format: "text" reads all files as text.',
      });
  return { files, skippedFiles };
}

/** Names of files by the reason that they are skipped for. */
export function byReason(skipped: readonly SkippedFile[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...new Set(skipped.map(({ reason }) => reason))].map((reason) => [
      reason,
      skipped.filter((one) => one.reason === reason).map(({ file }) => file),
    ]),
  );
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Rejects settings that the files of a source cannot follow. Text files have no fields. In a source that also has files
 * with fields, they may lack domain and id, which have defaults, but not score or version.
 */
function checkFields(
  source: FilesSource,
  at: string,
  files: readonly { readonly name: string; readonly format: FileFormat }[],
  problems: Problem[],
): void {
  const text = files.filter(({ format }) => format === 'text');
  if (source.delimiter !== undefined && files.length > 0 && text.length === 0)
    problems.push({
      configPath: `${at}.delimiter`,
      message: 'divides text files, but this source has none',
      remedy: 'Leave it out, or set format to "text".',
    });
  if (text.length === 0) return;
  const all = text.length === files.length;
  const keys = [
    'scoreField',
    'versionField',
    ...(all ? (['textField', 'domainField', 'idField'] as const) : []),
  ] as const;
  for (const key of keys) {
    const field = source[key];
    if (field === undefined) continue;
    const isInFolder = (name: string) => source.folderFields && key !== 'textField' && folderFields(name).has(field);
    const without = text.map(({ name }) => name).filter((name) => !isInFolder(name));
    if (without.length > 0)
      problems.push({
        configPath: `${at}.${key}`,
        message: `text files have no fields: ${all && without.length === files.length ? 'every file of this source is text' : some(without)}`,
        remedy: 'Give text files a source without fields, or set format to "jsonl" or "parquet".',
      });
  }
}
