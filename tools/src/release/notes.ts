/**
 * `npm run release:notes -- 0.2.0`: the notes of a release on its page, in Markdown. They are the section of
 * CHANGELOG.md, which is written for users, and the commits since the last tag.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseNotes } from './changelog.js';

const ROOT = join(import.meta.dirname, '../../..');
const git = (...args: readonly string[]) =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const tags = (...args: readonly string[]) => git('tag', '--list', 'v*', '--sort=-v:refname', ...args).split('\n');

try {
  const [version = ''] = process.argv.slice(2);
  const tag = `v${version}`;
  // Before the tag is made, for a preview, the commits up to now.
  const end = tags().includes(tag) ? tag : 'HEAD';
  const previous = tags('--merged', end).find((name) => name !== tag && name !== '');
  const range = previous === undefined ? end : `${previous}..${end}`;
  const commits = git('log', '--no-merges', '--format=%h %s', range)
    .split('\n')
    .filter((line) => line !== '');
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  console.log(releaseNotes(changelog, version, { commits, ...(previous !== undefined && { previous }) }));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
