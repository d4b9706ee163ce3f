import { statSync } from 'node:fs';
import path from 'node:path';
import type { DataProblem } from './errors.js';
import { digestFile, extensionGroup, findFiles, formatOf, type InputFile, posix } from './files.js';
import { lockfileFiles } from './lockfile.js';
import type { DataSettings, FilesSource } from './schema.js';

/** Fields of the documents of one source. */
export interface SourceFields {
  readonly text: string;
  readonly domain?: string;
  readonly score?: string;
  readonly version?: string;
  readonly id?: string;
}

/** One source with the files that were found for it. */
export interface ResolvedSource {
  /** Path into the experiment, e.g. `data.sources[0]`. */
  readonly at: string;
  /** What the source is called when it is a version: its glob or lock file. */
  readonly name: string;
  readonly fields: SourceFields;
  readonly files: readonly InputFile[];
}

/** Text that is read at once; more of it in one file belongs into JSONL or Parquet. */
const MAX_TEXT_FILE = 64 * 2 ** 20;

/** Finds the files of every source and digests them. Problems of all sources are collected. */
export async function resolveSources(
  settings: DataSettings,
  baseDirectory: string,
  problems: DataProblem[],
  signal?: AbortSignal,
): Promise<ResolvedSource[]> {
  const single = typeof settings.sources === 'string';
  const list = typeof settings.sources === 'string' ? [settings.sources] : settings.sources;
  const resolved: ResolvedSource[] = [];
  for (const [index, source] of list.entries()) {
    const at = single ? 'data.sources' : `data.sources[${index}]`;
    if (typeof source === 'object' && 'lockfile' in source) {
      const files = await lockfileFiles(source, at, baseDirectory, problems, signal);
      resolved.push({ at, name: source.lockfile, fields: { text: 'text' }, files });
    } else {
      const config: FilesSource = typeof source === 'string' ? { files: source } : source;
      const path = typeof source === 'string' ? at : `${at}.files`;
      const files = await plainFiles(config, path, baseDirectory, problems, signal);
      checkFields(config, at, files, problems);
      resolved.push({ at, name: patternsOf(config).join(', '), fields: fieldsOf(config), files });
    }
  }
  return resolved;
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

async function plainFiles(
  source: FilesSource,
  at: string,
  baseDirectory: string,
  problems: DataProblem[],
  signal?: AbortSignal,
): Promise<InputFile[]> {
  const patterns = patternsOf(source);
  const remote = patterns.find((pattern) => /^[a-z][a-z0-9+]+:\/\//i.test(pattern));
  if (remote) {
    problems.push({ path: at, message: `"${remote}" is remote`, remedy: 'Download it and name the file on disk.' });
    return [];
  }
  const files: InputFile[] = [];
  for (const file of await findFiles(patterns, baseDirectory)) {
    const format = source.format ?? formatOf(file);
    const name = posix(path.relative(baseDirectory, file));
    const bytes = statSync(file).size;
    if (format === 'text' && file.endsWith('.zst')) {
      const remedy = 'Unpack it (zstd -d), or store it as JSONL or Parquet, which may be compressed.';
      problems.push({ path: at, message: `${name}: text cannot be read from zstd`, remedy });
    } else if (format === 'text' && bytes > MAX_TEXT_FILE) {
      const remedy = 'Split it into files, or store its documents as JSONL or Parquet.';
      problems.push({ path: at, message: `${name}: a text file is one document, and this has ${bytes} bytes`, remedy });
    } else {
      const domain = typeof source.domain === 'object' ? extensionGroup(file) : (source.domain ?? 'default');
      try {
        files.push({ path: file, name, format, domain, bytes, digest: await digestFile(file, signal) });
      } catch (error) {
        signal?.throwIfAborted();
        const message = `${name} cannot be opened: ${(error as Error).message}`;
        problems.push({ path: at, message, remedy: 'Make it readable, or leave it out with "!glob".' });
      }
    }
  }
  if (files.length === 0 && !problems.some((problem) => problem.path === at))
    problems.push({
      path: at,
      message: `no file matches ${patterns.map((pattern) => `"${pattern}"`).join(', ')} in ${baseDirectory}`,
      remedy: 'Correct the path or glob; it is relative to the experiment file.',
    });
  return files;
}

/** A field of a text file would be ignored in silence. */
function checkFields(source: FilesSource, at: string, files: readonly InputFile[], problems: DataProblem[]): void {
  if (files.length === 0 || files.some((file) => file.format !== 'text')) return;
  for (const key of ['textField', 'domainField', 'scoreField', 'versionField', 'idField'] as const)
    if (source[key] !== undefined)
      problems.push({
        path: `${at}.${key}`,
        message: `text files have no fields, and every file of this source is text`,
        remedy: 'Take it out, or set format to "jsonl" or "parquet".',
      });
}
