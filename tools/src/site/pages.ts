/** Which Markdown files are pages of the site, and where. `site/navigation.json` lists them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** A part of the sidebar. */
export interface Group {
  readonly text: string;
  /** Name of the menu at the top that has the same pages. Default: none. */
  readonly nav?: string;
  /** Default: true. */
  readonly collapsed?: boolean;
  /** Markdown files, relative to the repository. */
  readonly pages: readonly string[];
}

/** Reads a file of the repository. */
export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Markdown files of the repository, committed or new, relative to it. */
export function markdownFiles(): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.md', '**/*.md'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return [...new Set(listed.split('\0'))].filter((file) => file !== '').sort();
}

/** The sidebar. Throws if a page is missing, listed twice or not there. */
export function navigation(): readonly Group[] {
  const groups = JSON.parse(read('site/navigation.json')) as readonly Group[];
  const listed = groups.flatMap(({ pages }) => pages);
  const problems = placementProblems(listed, markdownFiles());
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return groups;
}

/** Pages that must be in the sidebar: the documentation, and the README of every package. */
const MUST = /^docs\/.*\.md$|^packages\/[^/]+\/README\.md$/;

/** What is wrong with the list of pages; one line each. */
export function placementProblems(listed: readonly string[], files: readonly string[]): readonly string[] {
  const where = 'add it to the group of site/navigation.json in which a reader would look for it';
  return [
    ...files
      .filter((file) => MUST.test(file) && !listed.includes(file))
      .map((file) => `${file} has no place: ${where}`),
    ...listed.filter((file) => !files.includes(file)).map((file) => `site/navigation.json: there is no ${file}`),
    ...listed
      .filter((file, index) => listed.indexOf(file) !== index)
      .map((file) => `site/navigation.json has ${file} twice`),
  ];
}

/** File of a page on the site: `docs/data.md` becomes `data.md`, and `packages/core/README.md` `packages/core.md`. */
export function routeOf(page: string): string {
  return page
    .replace(/^(docs|site)\//, '')
    .replace(/^examples\/plugins\//, 'examples/')
    .replace(/\/README\.md$/, '.md')
    .replace(/^[A-Z]+\.md$/, (name) => name.toLowerCase());
}

/** Names in the sidebar of pages whose heading says too little there. */
const TITLES: Readonly<Record<string, string>> = {
  'docs/reproductions/curriculum.md': 'Curriculum',
  'docs/reproductions/curriculum-larger.md': 'Curriculum, larger model',
  'docs/reproductions/curriculum-noise.md': 'Curriculum, noise as quality',
  'docs/reproductions/curriculum-selection.md': 'Curriculum, selection',
  'docs/reproductions/curriculum-switching.md': 'Curriculum, with path switching',
  'docs/reproductions/curriculum-switching-narrower.md': 'Curriculum, at half the width',
  'docs/reproductions/learning-rate.md': 'Learning rate',
  'docs/reproductions/path-switching.md': 'Path switching',
  'docs/reproductions/shifting-versions.md': 'Shifting versions',
  'packages/cli/README.md': 'The command line',
};

/** Name of a page in the sidebar: its first heading. */
export function titleOf(page: string): string {
  const title = TITLES[page] ?? /^# (.+)$/m.exec(read(page))?.[1];
  if (title === undefined) throw new Error(`${page} has no heading of the first level`);
  return title.replaceAll('`', '');
}
