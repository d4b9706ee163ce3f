import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RepositoryLinks } from './links.ts';
import { navigation, placementProblems, routeOf, titleOf } from './pages.ts';

it('the sidebar has every page, and every page has a title and a place of its own', () => {
  const pages = navigation().flatMap((group) => group.pages);
  expect(pages).toContain('docs/data.md');
  expect(pages.every((page) => titleOf(page).length > 3)).toBe(true);
  expect(new Set(pages.map(routeOf)).size).toBe(pages.length);
});

it('says which page has no place, which is there twice and which is not there', () => {
  const files = ['docs/a.md', 'docs/b.md', 'packages/x/README.md', 'packages/x/worker/README.md'];
  expect(placementProblems(['docs/a.md', 'docs/a.md', 'docs/c.md'], files)).toEqual([
    expect.stringContaining('docs/b.md has no place'),
    expect.stringContaining('packages/x/README.md has no place'),
    'site/navigation.json: there is no docs/c.md',
    'site/navigation.json has docs/a.md twice',
  ]);
});

it.each([
  ['docs/data.md', 'your-data.md#1-files', '/your-data.md#1-files'],
  ['docs/data.md', '../packages/cli/README.md#lanes', '/packages/cli.md#lanes'],
  ['packages/cli/README.md', '../../docs/data.md', '/data.md'],
  ['docs/data.md', '../README.md', '/'],
  ['docs/data.md', '#noise', '#noise'],
  ['docs/data.md', 'https://huggingface.co/docs', 'https://huggingface.co/docs'],
  ['docs/data.md', '../examples/quick.config.ts', 'https://host/lab/repository/blob/main/examples/quick.config.ts'],
])('%s: %s leads to %s', (page, href, there) => {
  const pages = new Set(['docs/data.md', 'docs/your-data.md', 'packages/cli/README.md']);
  expect(new RepositoryLinks(pages, 'https://host/lab/repository').hrefOf(page, href)).toBe(there);
});

it('a link to nothing is an error, and without an address the site has the linked files', () => {
  const links = new RepositoryLinks(new Set(), undefined);
  expect(() => links.hrefOf('docs/data.md', 'no-such-file.md')).toThrow(
    'docs/data.md: no-such-file.md leads to no file',
  );
  expect(links.hrefOf('docs/data.md', '../examples/compose.config.ts')).toBe('/files/examples/compose.config.ts.txt');
  const site = mkdtempSync(join(tmpdir(), 'branchline-site-'));
  try {
    links.copyFiles(site);
    expect(readFileSync(join(site, 'files/examples/compose.config.ts.txt'), 'utf8')).toContain('defineExperiment');
    expect(existsSync(join(site, 'files/docs'))).toBe(false);
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
});
