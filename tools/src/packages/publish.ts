import { dirname } from 'node:path';
import { run } from './command.js';
import type { Packed } from './stage.js';

/** Nothing listens there, so a dry run asks no registry and needs no login. */
const NOWHERE = 'http://127.0.0.1:9';

/** Why `npm publish --dry-run` refuses a tarball. */
export async function publishProblems({ name, version, tarball }: Packed): Promise<readonly string[]> {
  const offline = ['--registry', NOWHERE, '--fetch-retries', '0', '--ignore-scripts'];
  const tag = version.includes('-') ? 'next' : 'latest';
  const { code, all } = await run('npm', ['publish', tarball, '--dry-run', '--tag', tag, ...offline], {
    cwd: dirname(tarball),
  });
  if (code !== 0) return [`npm publish --dry-run: ${all.trim()}`];
  return all.includes(`+ ${name}@${version}`) ? [] : [`npm publish --dry-run does not name ${name}@${version}`];
}
