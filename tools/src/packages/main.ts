/**
 * `npm run packages`: packs every package once and checks the tarballs, as a user would get them. The packages must be
 * built (`npm run build`). `--out <folder>` keeps the tarballs there, default `node_modules/.cache/packages`;
 * `--pack-only` checks nothing. With `--release`, what a release needs must be there too: the address of the
 * repository, and a Python that builds. docs/releasing.md has the list of checks.
 */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { manifestProblems, manifestsIn, releaseProblems } from '../structure/manifests.js';
import { inPairs } from './command.js';
import { installProblems } from './install.js';
import { tarballProblems } from './lint.js';
import { publishProblems } from './publish.js';
import { buildPython, type PythonResult } from './python.js';
import { packAll, writeIndex } from './stage.js';

const ROOT = join(import.meta.dirname, '../../..');
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { out: { type: 'string' }, 'pack-only': flag, release: flag } });
// npm starts this in tools/.
const out = resolve(process.env.INIT_CWD ?? ROOT, values.out ?? join(ROOT, 'node_modules/.cache/packages'));
const problems: string[] = [];
const start = Date.now();

function done(what: string): void {
  console.log(`${((Date.now() - start) / 1000).toFixed(1).padStart(6)} s  ${what}`);
}

async function dryRuns(): Promise<void> {
  await inPairs(packed, async (one) => {
    problems.push(...(await publishProblems(one)).map((problem) => `${one.name}: ${problem}`));
  });
  done('npm publish --dry-run of all tarballs');
}

async function installation(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'branchline-packages-'));
  try {
    problems.push(...(await installProblems(packed, scratch)));
    done('installed in an empty folder, imported and ran');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function workers(): Promise<PythonResult> {
  const tools = join(ROOT, 'node_modules/.cache/python-build');
  const result = await buildPython(ROOT, [...manifests.python.keys()], { version: manifests.root.version, out, tools });
  problems.push(...result.problems);
  if (result.skipped === undefined) done(`built and tried ${result.files.join(', ')}`);
  return result;
}

const manifests = manifestsIn(ROOT);
problems.push(...manifestProblems(manifests));
if (values.release) problems.push(...releaseProblems(manifests));
const unbuilt = [...manifests.packages.keys()].filter(
  (folder) => folder.startsWith('packages/') && !existsSync(join(ROOT, folder, 'dist/index.js')),
);
if (unbuilt.length > 0) {
  console.error(`${unbuilt.join(', ')} not built: npm run build`);
  process.exit(1);
}
for (const part of ['packages.json', 'npm', 'python', 'staged', 'staged-python', 'empty-python']) {
  rmSync(join(out, part), { recursive: true, force: true });
}
mkdirSync(out, { recursive: true });
const packed = packAll(ROOT, manifests, out);
done(`packed ${packed.length} packages into ${out}`);

if (!values['pack-only']) {
  const machine = [...new Set([ROOT, realpathSync(ROOT), homedir()])].map((path) => `${path}/`);
  for (const one of packed) {
    problems.push(...(await tarballProblems(one, machine)).map((problem) => `${one.name}: ${problem}`));
  }
  done('checked files, publint and types of all tarballs');
  const python = await Promise.all([dryRuns(), installation(), workers()]).then(([, , of]) => of);
  if (python.skipped !== undefined) {
    const skipped = `the Python packages were not built. ${python.skipped}`;
    if (values.release) problems.push(skipped);
    else console.warn(`SKIPPED: ${skipped}`);
  }
}
for (const part of ['staged', 'staged-python', 'empty-python'])
  rmSync(join(out, part), { recursive: true, force: true });
for (const problem of problems) console.error(problem);
if (problems.length === 0) writeIndex(out, packed);
else console.error(`\n${problems.length} problems in packages`);
process.exitCode = problems.length > 0 ? 1 : 0;
