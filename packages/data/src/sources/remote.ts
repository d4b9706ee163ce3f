import { rmSync } from 'node:fs';
import path from 'node:path';
import { digestJson, messageOf, type Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openScratch } from '../storage/duckdb.js';
import type { FileFormat, InputFile } from '../storage/files.js';
import { download } from './download.js';

/** A remote file: an http, https or s3 URL. */
export interface RemoteFile {
  readonly url: URL;
  /** URL without user, password and query, which may be secret. */
  readonly name: string;
  readonly format: FileFormat;
  readonly domain: string;
}

/** Options of remote access. */
export interface Fetching {
  /** Directory for downloaded files. */
  readonly downloads: string;
  readonly signal?: AbortSignal;
}

/** Whether a pattern is a URL. */
export function isRemote(pattern: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(pattern);
}

/** Parses a URL. Returns undefined, and adds a problem, if it is invalid or its protocol is not supported. */
export function parseRemote(pattern: string, at: string, problems: Problem[]): URL | undefined {
  const fail = (message: string, remedy: string) => {
    problems.push({ configPath: at, message, remedy });
    return undefined;
  };
  let url: URL;
  try {
    url = new URL(pattern);
  } catch {
    return fail(`"${pattern}" is not a valid URL`, 'Correct it.');
  }
  if (!['http:', 'https:', 's3:'].includes(url.protocol))
    return fail(
      `"${withoutSecrets(pattern)}" is remote`,
      'Download it and name the file on disk; http, https and s3 are read here.',
    );
  if (url.protocol !== 's3:' && /[*[\]{}]/.test(decodeURI(url.pathname)))
    return fail(`"${withoutSecrets(pattern)}" is a glob`, 'A web server lists no files: name each of them.');
  return url;
}

/** Downloads http and https files and lists S3 files. Failures are added to `problems`. */
export async function resolveRemote(
  files: readonly RemoteFile[],
  at: string,
  { downloads, signal }: Fetching,
  problems: Problem[],
): Promise<InputFile[]> {
  const found: InputFile[] = [];
  for (const { url, name, format, domain } of files) {
    signal?.throwIfAborted();
    if (url.protocol === 's3:') {
      found.push(...(await listS3({ url, name, format, domain }, at, downloads, problems)));
      continue;
    }
    const fetched = await download(url, downloads, signal);
    if ('why' in fetched) {
      const remedy = 'Check that the URL is right and reachable from here, or download the file and name it.';
      problems.push({ configPath: at, message: `${name} cannot be fetched: ${fetched.why}`, remedy });
    } else found.push({ ...fetched, name, format, domain });
  }
  return found;
}

/** Shell command that installs DuckDB's S3 extension. */
const INSTALL =
  "node -e \"import('@duckdb/node-api').then(async (d) => (await (await d.DuckDBInstance.create()).connect()).run('INSTALL httpfs'))\"";

/**
 * Lists the files of an S3 URL, which may be a glob. Nothing is downloaded: the digest covers URL, size and
 * modification time.
 */
async function listS3(
  { url, name, format, domain }: RemoteFile,
  at: string,
  downloads: string,
  problems: Problem[],
): Promise<InputFile[]> {
  const directory = path.join(downloads, `s3-${process.pid}`);
  const scratch = await openScratch(directory);
  try {
    const connection = await scratch.connect();
    await connectToS3(connection);
    const sql = 'SELECT filename, size::DOUBLE, epoch_us(last_modified)::VARCHAR FROM read_blob(?) ORDER BY filename';
    const reader = await connection.runAndReadAll(sql, [decodeURI(url.href)]);
    const rows = reader.getRows() as [string, number, string][];
    return rows.map(([file, bytes, changed]) => ({
      ...{ path: file, name: file, format, domain, bytes },
      digest: digestJson({ file, bytes, changed }),
    }));
  } catch (error) {
    const message = `${name} cannot be read: ${messageOf(error).split('\n')[0]}`;
    const remedy = /httpfs/.test(messageOf(error))
      ? `S3 needs DuckDB's extension httpfs. Once, with a network: ${INSTALL}`
      : 'Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and check that the bucket is readable.';
    problems.push({ configPath: at, message, remedy });
    return [];
  } finally {
    scratch.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether a file is on S3, where DuckDB reads it directly. */
export function isOnS3(file: { readonly path: string }): boolean {
  return file.path.startsWith('s3://');
}

/** Loads DuckDB's S3 extension with the AWS credentials of the environment. Throws if it is not installed. */
export async function connectToS3(connection: DuckDBConnection): Promise<void> {
  await connection.run('LOAD httpfs');
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  const { AWS_REGION: region = 'us-east-1', AWS_ENDPOINT_URL: endpoint } = process.env;
  const parts: [string, string | undefined][] = [
    ['KEY_ID', key],
    ['SECRET', secret],
    ['SESSION_TOKEN', token],
    ['REGION', region],
    ['ENDPOINT', endpoint?.replace(/^https?:\/\//, '')],
    ['USE_SSL', endpoint?.startsWith('http://') ? 'false' : undefined],
    ['URL_STYLE', endpoint ? 'path' : undefined],
  ];
  const given = parts.flatMap(([name, value]) => (value ? [`${name} '${value.replaceAll("'", "''")}'`] : []));
  await connection.run(`CREATE OR REPLACE SECRET (TYPE s3, ${given.join(', ')})`);
}

/** Name of a remote file in messages and manifests: no user, password or query. */
export function remoteName(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** A pattern for messages and manifests: URLs without user, password and query. */
export function withoutSecrets(pattern: string): string {
  return isRemote(pattern) && URL.canParse(pattern) ? remoteName(new URL(pattern)) : pattern;
}

/** Base name of a remote file, whose extension decides the format. */
export function remoteBaseName(url: URL): string {
  return path.posix.basename(url.pathname);
}
