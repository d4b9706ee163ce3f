/**
 * Makes a release commit and its tag: `npm run release -- 1.2.0`, with `--dry-run` to see it first. It does not push or
 * publish; docs/releasing.md has every step.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestProblems, manifestsIn, releaseProblems, withPythonVersion } from '../structure/manifests.js';
import { released } from './changelog.js';

const ROOT = join(import.meta.dirname, '../../..');
const CHANGELOG = join(ROOT, 'CHANGELOG.md');
const [version = '', ...options] = process.argv.slice(2);
const dryRun = options.includes('--dry-run');
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });

try {
  if (!dryRun && git('status', '--porcelain') !== '') throw new Error('commit or stash your changes first');
  const manifests = manifestsIn(ROOT);
  const problems = [...manifestProblems(manifests), ...releaseProblems(manifests)];
  if (problems.length > 0 && !dryRun) throw new Error(problems.join('\n'));
  for (const problem of problems) console.warn(`A release would be refused: ${problem}`);
  const changelog = released(readFileSync(CHANGELOG, 'utf8'), version, new Date().toISOString().slice(0, 10));
  console.log(`CHANGELOG.md: the entries under Unreleased become those of ${version}`);
  console.log(`package.json, ${[...manifests.python.keys()].join(', ')}: the version becomes ${version}`);
  if (!dryRun) {
    writeFileSync(CHANGELOG, changelog);
    writeFileSync(join(ROOT, 'package.json'), `${JSON.stringify({ ...manifests.root, version }, null, 2)}\n`);
    for (const [path, text] of manifests.python) writeFileSync(join(ROOT, path), withPythonVersion(text, version));
    // Nx commits staged files together with the versions it writes.
    git('add', 'CHANGELOG.md', 'package.json', ...manifests.python.keys());
  }
  const nx = ['node_modules/nx/dist/bin/nx.js', 'release', version, '--skip-publish', ...options];
  process.exitCode = spawnSync(process.execPath, nx, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
