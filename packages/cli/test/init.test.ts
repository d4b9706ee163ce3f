/** From a folder to an experiment that runs as it was written. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench } from '@branchline/api';
import { folder } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { expect, it } from 'vitest';
import { branchline } from './bin.js';

const WORDS = 'rail line branch main fork switch path step rate loss data token order score version signal'.split(' ');

/** Documents of three months and two sites, with files that are no text next to them. */
function writeNews(directory: string): void {
  const random = new RandomStream(1, 'news');
  mkdirSync(join(directory, 'news'));
  for (const month of ['2026-08', '2026-09', '2026-10']) {
    const rows = Array.from({ length: 60 }, (_, index) => {
      const body = Array.from({ length: 80 }, () => WORDS[random.below(WORDS.length)]).join(' ');
      return JSON.stringify({ id: `${month}-${index}`, body, site: index % 2 ? 'docs' : 'blog', month });
    });
    writeFileSync(join(directory, 'news', `${month}.jsonl`), `${rows.join('\n')}\n`);
  }
  writeFileSync(join(directory, 'news', 'logo.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]));
  writeFileSync(join(directory, 'news', 'empty.txt'), '');
}

it('writes an experiment with what it found, which runs as it stands, and replaces nothing', {
  timeout: 180_000,
}, async () => {
  const directory = folder();
  writeNews(directory);
  const { code, stdout } = await branchline(directory, 'init', 'news', '--time', '20 s');
  expect(code).toBe(0);
  const text = readFileSync(join(directory, 'news.yaml'), 'utf8');
  expect(stdout).toContain(text);
  expect(text).toContain('{ files: news, textField: body, versionField: month, domainField: site }');
  expect(text).toMatch(/Not read, because they are empty or no text: empty\.txt, logo\.png/);
  const messages: string[] = [];
  const { results, failures } = await bench(join(directory, 'news.yaml'), {
    runs: join(directory, 'runs'),
    onEvent: (event) => event.type === 'data' && event.stage === 'skipped' && messages.push(event.message),
  });
  expect(failures).toEqual([]);
  expect(results.data.versions.map(({ name }) => name)).toEqual(['2026-08', '2026-09', '2026-10']);
  expect(results.data.domains).toEqual(['blog', 'docs']);
  expect(results.strategies.map(({ releases }) => releases.length)).toEqual([3, 3, 3]);
  expect(messages).toEqual([
    'skipped a file, empty: news/empty.txt',
    'skipped a file, neither text nor JSONL nor Parquet: news/logo.png',
  ]);

  const again = await branchline(directory, 'init', 'nowhere', '--out', 'news.yaml', '--time', '10');
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/3 problems.*--time 10 is no time.*no folder nowhere.*news\.yaml exists/s);
  expect(readFileSync(join(directory, 'news.yaml'), 'utf8')).toBe(text);
});
