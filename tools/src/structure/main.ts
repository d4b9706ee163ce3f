/**
 * `npm run lint:structure`: fails if folders or files of a package import each other, or if a manifest lacks a field
 * that published packages need or has a version that is not in step; `--write` completes the manifests first. Prints
 * the largest folders.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileCycles, folderCycles } from './cycles.js';
import { filesIn, importsIn } from './imports.js';
import { manifestProblems, manifestsIn, writeManifests } from './manifests.js';

/** Maximum fraction of all lines that a folder may have. */
const MOST = 0.2;
/** Number of folders printed. */
const LARGEST = 10;
const WORKSPACE = join(import.meta.dirname, '../../..');
const ROOT = join(WORKSPACE, 'packages');

if (process.argv.includes('--write')) {
  for (const path of writeManifests(WORKSPACE, manifestsIn(WORKSPACE))) console.log(`${path} was completed`);
}
const wrong = manifestProblems(manifestsIn(WORKSPACE));
for (const problem of wrong) console.error(problem);
if (wrong.length > 0) console.error(`\n${wrong.length} problems in manifests; --write completes fields\n`);

const packages = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'src')));
const folders: { readonly name: string; readonly lines: number; readonly ofPackage: number }[] = [];
let failed = 0;
for (const name of packages) {
  const source = join(ROOT, name, 'src');
  const imports = importsIn(source);
  for (const members of [...folderCycles(imports), ...fileCycles(imports)]) {
    console.log(`packages/${name}/src: ${members.join(' <-> ')}`);
    failed++;
  }
  const lines = new Map<string, number>();
  for (const file of filesIn(source)) {
    const [first] = file.split('/');
    const folder = first === file ? 'src (root files)' : `src/${first}`;
    const count = readFileSync(join(source, file), 'utf8').split('\n').length - 1;
    lines.set(folder, (lines.get(folder) ?? 0) + count);
  }
  const all = sum(lines.values());
  for (const [folder, count] of lines) {
    folders.push({ name: `packages/${name}/${folder}`, lines: count, ofPackage: count / all });
  }
}

const total = sum(folders.map(({ lines }) => lines));
console.log(
  `\n${total} lines in packages/*/src without tests; the largest folders, as shares of all and of their package:`,
);
for (const { name, lines, ofPackage } of folders.sort((a, b) => b.lines - a.lines).slice(0, LARGEST)) {
  const note = lines / total > MOST ? `  over ${100 * MOST}%` : '';
  console.log(`${percent(lines / total)} ${percent(ofPackage)} ${`${lines}`.padStart(6)}  ${name}${note}`);
}
if (failed > 0) console.error(`\n${failed} cycles`);
process.exitCode = failed > 0 || wrong.length > 0 ? 1 : 0;

function sum(counts: Iterable<number>): number {
  let all = 0;
  for (const count of counts) all += count;
  return all;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`.padStart(6);
}
