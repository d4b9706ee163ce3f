// Runs the commands of README.md: every line of its `sh` blocks, in order. Of the two that begin with `npm ci`, the
// clone's own install and test, only what CI has not run yet.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block);
const commands = blocks
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '')
  .map((line) => line.replace(/^npm ci && /, ''))
  .filter((line) => line !== 'npm test');

if (commands.length === 0) {
  console.error('README.md has no sh block: nothing was checked');
  process.exit(1);
}
for (const command of commands) {
  console.log(`\n$ ${command}`);
  const { status } = spawnSync(command, { shell: true, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`README.md: "${command}" ended with ${status}`);
    process.exit(1);
  }
}
console.log(`\n${commands.length} commands of README.md ran`);
