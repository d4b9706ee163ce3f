import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.js';
import type { Packed } from './stage.js';

const WORDS = 'rail line branch main fork switch path step rate loss data token order score version signal'.split(' ');
const EXPERIMENT = `model: { layers: 1, width: 16, heads: 2, context: 32 }
trainer: quadratic
data:
  sources: [texts]
  versions: { by: random, count: 2, tokens: 2048 }
training: { batch: 4, lr: { warmup: 3 } }
strategies:
  from scratch: [from-scratch]
  path switching: [path-switching]
`;

/**
 * Installs all packages in an empty folder, imports every entry point in plain Node, and runs the command line and an
 * experiment. Returns what failed.
 */
export async function installProblems(packed: readonly Packed[], folder: string): Promise<readonly string[]> {
  mkdirSync(join(folder, 'texts'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const env = { BRANCHLINE_SOURCE: '', NO_COLOR: '1', NODE_OPTIONS: '' };
  // As README.md says how to install from a clone.
  const npm = ['install', '--ignore-scripts', ...packed.map(({ tarball }) => tarball)];
  const installed = await run('npm', [...npm, '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder, env });
  if (installed.code !== 0) return [`npm install: ${installed.all}`];

  const problems: string[] = [];
  const entries = packed.flatMap(({ name, manifest }) =>
    Object.keys(manifest.exports as object).map((entry) => `${name}${entry.slice(1)}`),
  );
  writeFileSync(join(folder, 'import.js'), importing(entries));
  const imported = await run(process.execPath, ['import.js'], { cwd: folder, env });
  if (imported.code !== 0) problems.push(`import of ${entries.length} entry points:\n${imported.all.trim()}`);

  for (let index = 0; index < 60; index++) {
    const words = Array.from({ length: 60 }, (_, at) => WORDS[(index * 7 + at * (index + 3)) % WORDS.length]);
    writeFileSync(join(folder, 'texts', `${index}.txt`), `text ${index}\n${words.join(' ')}\n`);
  }
  writeFileSync(join(folder, 'tiny.yaml'), EXPERIMENT);
  const branchline = join(folder, 'node_modules/.bin/branchline');
  const version = await run(branchline, ['--version'], { cwd: folder, env });
  const wanted = packed.find(({ name }) => name === 'branchline')!.version;
  if (version.code !== 0 || version.output.trim() !== wanted) problems.push(`branchline --version: ${version.all}`);
  const bench = await run(branchline, ['bench', 'tiny.yaml'], { cwd: folder, env });
  const results = join(folder, 'runs/tiny/results.json');
  if (bench.code !== 0 || !existsSync(results)) problems.push(`branchline bench tiny.yaml: ${bench.all}`);
  else if (!readFileSync(results, 'utf8').includes('path switching')) problems.push('results.json lacks a strategy');
  return problems;
}

function importing(entries: readonly string[]): string {
  return `let failed = 0;
for (const entry of ${JSON.stringify(entries)}) {
  try {
    if (Object.keys(await import(entry)).length === 0) throw new Error('exports nothing');
  } catch (error) {
    console.error(entry + ': ' + error.message);
    failed++;
  }
}
process.exitCode = failed > 0 ? 1 : 0;
`;
}
