// Publishes the tarballs of `npm run packages` in their order, dependencies first: node tools/publish-packages.mjs
// <folder>. Versions that the registry has are skipped, so that an interrupted release can be run again. Other options
// are passed to npm, such as --dry-run or --provenance=false. Needs no installed package.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [given, ...options] = process.argv.slice(2);
if (given === undefined || given.startsWith('-')) {
  console.error('Usage: node tools/publish-packages.mjs <folder of npm run packages> [options of npm publish]');
  process.exit(2);
}
const folder = resolve(given);
const dryRun = options.includes('--dry-run');
for (const { name, version, file } of JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8'))) {
  const known = dryRun ? '' : spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' }).stdout;
  if (known.trim() === version) {
    console.log(`${name}@${version} is published already`);
    continue;
  }
  const tag = version.includes('-') ? 'next' : 'latest';
  const args = ['publish', join(folder, file), '--access', 'public', '--tag', tag, ...options];
  const { status } = spawnSync('npm', args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(
      `${name}@${version} was not published. Fix the cause and run this again: it skips published packages.`,
    );
    process.exit(1);
  }
}
