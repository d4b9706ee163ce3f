// Follows the guides of docs/ literally, each in an empty folder, against packed packages, like a user outside the
// repository: every `sh` block is run, every block with `file=` is written to that file, and every line of a `text`
// block must be in the output of the block before it (a line of "..." matches any lines). `sh exit=2` must end with
// that exit code.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const GUIDES = ['docs/compare-on-your-data.md', 'docs/writing-a-strategy.md', 'docs/writing-a-trainer.md'];
// With PyTorch, from `branchline backend install torch`.
const TORCH_GUIDES = ['docs/continue-a-checkpoint.md'];
const TORCH = join(process.env.BRANCHLINE_HOME ?? join(homedir(), '.local/share/branchline'), 'torch/bin/python');

class Wrong extends Error {}

function fail(message) {
  throw new Wrong(message);
}

/** Blocks in order, with their place for messages. */
function blocksOf(text) {
  const found = [];
  const fence = /^```(\S*)([^\n]*)\n([\s\S]*?)^```$/gm;
  for (const { 1: language, 2: info, 3: content, index } of text.matchAll(fence)) {
    const facts = Object.fromEntries([...info.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]));
    found.push({ language, facts, content, line: text.slice(0, index).split('\n').length });
  }
  return found;
}

/** Our packages as tarballs, by name: those of `npm run packages`, packed now without `--packed <folder>`. */
function tarballsOf(packed, scratch) {
  const folder = packed === undefined ? join(scratch, 'packed') : resolve(packed);
  if (packed === undefined) {
    const args = ['run', '--silent', 'packages', '--', '--pack-only', '--out', folder];
    const { status } = spawnSync('npm', args, { cwd: root, stdio: 'inherit', timeout: 600_000 });
    if (status !== 0) fail('the packages could not be packed');
  }
  const index = join(folder, 'packages.json');
  if (!existsSync(index)) fail(`there is no ${index}: npm run packages -- --out ${folder}`);
  return new Map(JSON.parse(readFileSync(index, 'utf8')).map(({ name, file }) => [name, join(folder, file)]));
}

/** Makes an install use the tarballs of our packages. The command keeps the package names of the guide. */
function withTarballs(command, folder, tarballs) {
  if (!/^npm (install|i)\b/.test(command)) return command;
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const own = [...tarballs].map(([name, path]) => [name, `file:${path}`]);
  const known = (list = {}) =>
    Object.fromEntries(
      Object.entries(list).map(([name, range]) => [name, tarballs.has(name) ? `file:${tarballs.get(name)}` : range]),
    );
  manifest.dependencies = known(manifest.dependencies);
  manifest.devDependencies = known(manifest.devDependencies);
  // Dependencies between our packages. npm does not allow overrides for packages that are installed by name.
  const asked = (name) =>
    name in manifest.dependencies || name in manifest.devDependencies || command.split(/\s+/).includes(name);
  manifest.overrides = Object.fromEntries(own.filter(([name]) => !asked(name)));
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  return command
    .split(/\s+/)
    .map((word) => (tarballs.has(word) ? `file:${tarballs.get(word)}` : word))
    .join(' ');
}

/** Runs one guide in an empty folder. Returns the number of its commands. */
function walk(guide, folder, tarballs) {
  mkdirSync(folder);
  let count = 0;
  let place = folder;
  let output = '';
  for (const { language, facts, content, line } of blocksOf(readFileSync(join(root, guide), 'utf8'))) {
    const here = `${guide}:${line}`;
    if (facts.file !== undefined) {
      const file = join(place, facts.file);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      console.log(`${here}: wrote ${facts.file}`);
    } else if (language === 'sh') {
      output = '';
      const commands = content.split('\n').map((text) => text.replace(/\s+#.*$/, '').trim());
      for (const command of commands.filter((text) => text !== '')) {
        console.log(`${here}: $ ${command}`);
        const script = `${withTarballs(command, place, tarballs)}\ncode=$?\npwd >&3\nexit $code`;
        const run = spawnSync('bash', ['-c', script], {
          cwd: place,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
          timeout: 600_000,
          // Pages show what a wide terminal shows.
          env: { ...process.env, NO_COLOR: '1', BRANCHLINE_SOURCE: '', COLUMNS: '160' },
        });
        output += run.stdout + run.stderr;
        if (String(run.status) !== (facts.exit ?? '0')) {
          fail(`${here}: "${command}" ended with ${run.status}, not ${facts.exit ?? 0}\n${run.stdout}${run.stderr}`);
        }
        place = run.output[3].trim() || place;
        count++;
      }
    } else if (language === 'text') {
      for (const wanted of content.split('\n').map((text) => text.trim())) {
        if (wanted === '' || wanted === '...') continue;
        const squeezed = (text) => text.replace(/\s+/g, ' ');
        if (!squeezed(output).includes(squeezed(wanted)))
          fail(`${here}: the output has no line\n  ${wanted}\n\n${output}`);
      }
    }
  }
  if (count === 0) fail(`${guide} has no commands`);
  return count;
}

const scratch = mkdtempSync(join(tmpdir(), 'branchline-guide-'));
try {
  const { values, positionals: asked } = parseArgs({
    allowPositionals: true,
    options: { packed: { type: 'string' } },
  });
  const tarballs = tarballsOf(values.packed, scratch);
  const hasTorch = existsSync(TORCH);
  if (!hasTorch) console.warn(`SKIPPED: ${TORCH_GUIDES.join(', ')}. There is no ${TORCH}`);
  const guides = [...GUIDES, ...(hasTorch ? TORCH_GUIDES : [])].filter(
    (one) => asked.length === 0 || asked.includes(one),
  );
  for (const [index, guide] of guides.entries()) {
    const count = walk(guide, join(scratch, `empty-${index}`), tarballs);
    console.log(`${count} commands of ${guide} ran outside the repository`);
  }
} catch (error) {
  if (!(error instanceof Wrong)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
