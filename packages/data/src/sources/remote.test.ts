import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FIELDS, fixture, listed, prepare, problemsOf, rows } from '../../test/corpus.js';
import { convert, jsonl, text } from '../../test/fixtures.js';
import { parseDataConfig } from '../config/schema.js';
import { checkSources, prepareData } from '../prepare.js';

/** Starts a web server on this machine and returns its URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const versions = { by: 'random', count: 2 } as const;
const from = (files: string | string[], more: object = {}) => ({ ...FIELDS, files, ...more });

describe('files on a web server', () => {
  test('give the same corpus as files on disk: JSONL and Parquet, plain, gzip and zstd, also through redirects', async () => {
    const base = fixture();
    const at = (name: string) => path.join(base, name);
    writeFileSync(at('rows.jsonl.gz'), gzipSync(jsonl(rows)));
    await convert(at('rows.jsonl'), at('rows.parquet'), '(FORMAT parquet)');
    await convert(at('rows.jsonl'), at('rows.jsonl.zst'), '(FORMAT json, COMPRESSION zstd)');
    const asked: string[] = [];
    const url = await serve(({ url: asking = '', headers }, response) => {
      asked.push(asking);
      const [name] = asking.slice(1).split('?');
      if (name === 'moved.jsonl') response.writeHead(302, { location: '/rows.jsonl' }).end();
      else if (headers['accept-encoding'] !== 'identity') response.writeHead(406).end();
      else response.end(readFileSync(at(name!)));
    });
    const local = (await prepare(base, { sources: [from('rows.jsonl')], versions })).data.digest;
    for (const name of ['rows.jsonl', 'rows.jsonl.gz', 'rows.jsonl.zst', 'rows.parquet?token=secret', 'moved.jsonl']) {
      const { data } = await prepare(base, { sources: [from(`${url}/${name}`)], versions });
      expect(data.digest, name).toBe(local);
      const manifest = readFileSync(path.join(data.directory, 'manifest.json'), 'utf8');
      expect(manifest).not.toContain('secret');
      data.close();
    }
    // Fetched once, and again only after the local copy changed.
    const count = asked.length;
    await prepare(base, { sources: [from(`${url}/rows.jsonl`)], versions });
    expect(asked).toHaveLength(count);
    const downloads = path.join(base, 'cache/downloads');
    const file = readdirSync(downloads).find((name) => name.endsWith('-rows.jsonl'))!;
    truncateSync(path.join(downloads, file), 100);
    expect((await prepare(base, { sources: [from(`${url}/rows.jsonl`)], versions })).data.digest).toBe(local);
    expect(asked).toHaveLength(count + 1);
    expect(readdirSync(downloads).filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('that cannot be fetched are reported with the reason, all of a source at once', async () => {
    const base = fixture();
    const url = await serve(({ url: asking }, response) => {
      if (asking === '/loop.jsonl') response.writeHead(302, { location: '/loop.jsonl' }).end();
      else if (asking === '/cut.jsonl') {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"text": "a');
        setTimeout(() => response.destroy(), 20);
      } else if (asking === '/broken.jsonl.gz') response.end(gzipSync(jsonl(rows)).subarray(0, 500));
      else response.writeHead(404).end('no');
    });
    const files = [`${url}/no.jsonl`, `${url}/loop.jsonl`, `${url}/cut.jsonl`, 'http://127.0.0.1:1/x.jsonl'];
    const reported = await problemsOf(base, { sources: [{ files }], versions });
    expect(reported).toMatch(
      /data\.sources\[0\]\.files: http:.*\/no\.jsonl cannot be fetched: the server answered 404 Not/,
    );
    expect(reported).toMatch(/\/loop\.jsonl cannot be fetched: redirect count exceeded/);
    expect(reported).toMatch(/\/cut\.jsonl cannot be fetched: the connection broke off/);
    expect(reported).toMatch(/127\.0\.0\.1:1\/x\.jsonl cannot be fetched: \S+/);
    expect(await problemsOf(base, { sources: [{ files: `${url}/broken.jsonl.gz` }], versions })).toMatch(
      /data\.sources\[0\]: http.*\/broken\.jsonl\.gz cannot be read as jsonl/,
    );
  });

  test('checking the sources sends no request and rejects invalid URLs', async () => {
    const base = fixture();
    const settings = (sources: unknown) => parseDataConfig({ sources, versions });
    const check = async (...files: string[]) =>
      (await checkSources(settings([{ files }]), { baseDirectory: base })).map(({ message }) => message).join('\n');
    expect(await check('https://nowhere.invalid/a.parquet', 's3://bucket/*.parquet')).toBe('');
    expect(await check('ftp://user:password@host/a.jsonl')).toBe('"ftp://host/a.jsonl" is remote');
    expect(await check('https://host/*.jsonl')).toMatch(/"https:\/\/host\/\*\.jsonl" is a glob/);
    expect(await check('https://host/a.pdf')).toMatch(/neither text nor JSONL nor Parquet: https:\/\/host\/a\.pdf/);
    expect(await check('https://')).toMatch(/is not a valid URL/);
  });

  test('stops on abort', async () => {
    const base = fixture();
    const stop = new AbortController();
    const url = await serve((_, response) => {
      response.write('{');
      setTimeout(() => stop.abort(), 20);
    });
    const options = { context: 32, baseDirectory: base, cacheDirectory: path.join(base, 'cache') };
    const preparing = prepareData({ sources: [`${url}/a.jsonl`], versions }, { ...options, signal: stop.signal });
    await expect(preparing).rejects.toMatchObject({ code: 'interrupted' });
    expect(readdirSync(path.join(base, 'cache/downloads'))).toEqual([]);
  });
});

test('without the extension S3 is rejected with the command that installs it', async () => {
  const base = fixture();
  // DuckDB looks for extensions in the home directory.
  const home = process.env.HOME;
  onTestFinished(() => {
    process.env.HOME = home;
  });
  process.env.HOME = path.join(base, 'home');
  mkdirSync(process.env.HOME);
  expect(await problemsOf(base, { sources: ['s3://bucket/a.parquet'], versions })).toMatch(
    /data\.sources\[0\]: s3:\/\/bucket\/a\.parquet cannot be read: .* -> S3 needs DuckDB's extension httpfs.*INSTALL httpfs/,
  );
});

test('a web page of text is a document', async () => {
  const base = fixture();
  const url = await serve((_, response) => response.end(text('page', 200)));
  const { data } = await prepare(base, { sources: ['rows.jsonl', `${url}/page.txt`], versions });
  expect(listed(data)).toContain(`"id":"${url}/page.txt"`);
});
