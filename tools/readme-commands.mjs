// Runs the commands of README.md: every line of its `sh` blocks, in order. Of the two that begin with `npm ci`, the
// clone's own install and test, only what CI has not run yet.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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
/** Runs a command that shows a page until Ctrl-C: looks at the page, and ends it. Returns 0 if both worked. */
async function look(command) {
  const limit = AbortSignal.timeout(300_000);
  // A group of its own, as in a terminal, where Ctrl-C reaches all processes of the command.
  const child = spawn(command, { shell: true, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let status = 1;
  try {
    let output = '';
    while (!/http:\S+\s/.test(output)) output += String((await once(child.stdout, 'data', { signal: limit }))[0]);
    console.log(output.trimEnd());
    const answer = await fetch(/http:\S+/.exec(output)[0], { signal: limit });
    if (answer.ok && (await answer.text()).includes('Finished')) status = 0;
  } catch (error) {
    console.error(error);
  }
  process.kill(-child.pid, 'SIGINT');
  const late = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 30_000);
  const [, signal] = await exit;
  clearTimeout(late);
  return signal === 'SIGKILL' ? 1 : status;
}

for (const command of commands) {
  console.log(`\n$ ${command}`);
  const status = / watch /.test(command)
    ? await look(command)
    : spawnSync(command, { shell: true, stdio: ['ignore', 'inherit', 'inherit'] }).status;
  if (status !== 0) {
    console.error(`README.md: "${command}" ended with ${status}`);
    process.exit(1);
  }
}
console.log(`\n${commands.length} commands of README.md ran`);
