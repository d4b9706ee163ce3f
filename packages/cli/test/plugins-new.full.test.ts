/**
 * A plugin created by `plugins new`: it type-checks, passes the conformance kit, and works in plans by path and by
 * name, unchanged.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { BranchlineError } from '@branchline/core';
import ts from 'typescript';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { extensionFiles } from '../src/extensions/new/files.js';
import { namesOf } from '../src/extensions/new/names.js';
import { branchline } from './bin.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url)).replace(/[/\\]$/, '');
/** Nested type checks and test runs are slow on a busy machine. */
const TIMEOUT_MS = 300_000;

/** Runs a tool of the workspace. Returns its output if it fails. */
async function failureOf(cwd: string, tool: string, ...args: readonly string[]): Promise<string | undefined> {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', tool), ...args], { cwd, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return code === 0 ? undefined : output;
}

/** Type-checks a new package and runs its tests. */
async function expectToPass(directory: string): Promise<void> {
  // The kernel is read from its sources, which need more settings than its declarations.
  const fromSource = ['--customConditions', '@branchline/source', '--types', 'node', '--experimentalDecorators'];
  expect(await failureOf(directory, 'typescript/bin/tsc', '-p', 'tsconfig.json', ...fromSource)).toBeUndefined();
  const config = join(ROOT, 'packages/cli/vitest.config.ts');
  expect(await failureOf(directory, 'vitest/vitest.mjs', 'run', '--root', '.', '--config', config)).toBeUndefined();
}

/** Emulates `npm install` with the packages of the workspace. */
function install(directory: string): void {
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction');
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: object };
  const here = Object.entries(lock.packages).filter(([path]) => path.startsWith('node_modules/'));
  writeFileSync(
    join(directory, 'package-lock.json'),
    JSON.stringify({ ...lock, packages: Object.fromEntries(here) as object }),
  );
}

/** Emulates `npm run build`, with the required packages already built. */
function build(directory: string): void {
  mkdirSync(join(directory, 'dist'));
  for (const name of ['index', 'strategy']) {
    const source = readFileSync(join(directory, 'src', `${name}.ts`), 'utf8');
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    writeFileSync(
      join(directory, 'dist', `${name}.js`),
      ts.transpileModule(source, { compilerOptions: options }).outputText,
    );
  }
}

describe('plugins new', () => {
  it.runIf(inject('full'))('makes a package that is a working plugin', { timeout: TIMEOUT_MS }, async () => {
    const home = folder();
    const made = await branchline(home, 'plugins', 'new', '@lab/plugin-my-strategy');
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/^wrote plugin my-strategy into plugin-my-strategy\n/);
    const directory = join(home, 'plugin-my-strategy');
    install(directory);
    await expectToPass(directory);

    const example = await branchline(directory, 'plan', 'example.config.yaml', '--json');
    expect(example.stderr).not.toContain('problem');
    const { strategies } = JSON.parse(example.stdout) as {
      strategies: { name: string; standalone: { steps: number } }[];
    };
    // Four versions of 60 steps.
    expect(strategies.map(({ name, standalone }) => [name, standalone.steps])).toEqual([
      ['from scratch', 600],
      ['path switching', 348],
      ['my-strategy', 240],
    ]);

    build(directory);
    const user = folder();
    writeTexts(user);
    mkdirSync(join(user, 'node_modules/@lab'), { recursive: true });
    symlinkSync(directory, join(user, 'node_modules/@lab/plugin-my-strategy'), 'junction');
    const named = { a: ['my-strategy'], b: [{ plugin: '@lab/plugin-my-strategy', options: { shrink: 0.5 } }] };
    writeFileSync(join(user, 'exp.json'), JSON.stringify({ ...TINY, strategies: named }));
    const planned = await branchline(user, 'plan', 'exp.json', '--explain');
    expect(planned.stderr).not.toContain('problem');
    expect(planned.stdout).toMatch(/lr\.peak +0\.001 +my-strategy, strategies\.b/);
    const shown = await branchline(user, 'plugins', 'show', 'my-strategy');
    expect(shown.stdout).toMatch(/shrink +number above 0 to 1 +0\.7 +Peak of the learning rate/);
  });

  it('overwrites nothing, and writes nothing in a dry run', async () => {
    const home = folder();
    const dry = await branchline(home, 'plugins', 'new', 'my-strategy', '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({ package: 'my-strategy', plugin: 'my-strategy', written: false });
    expect(readdirSync(home)).toEqual([]);
    mkdirSync(join(home, 'my-strategy'));
    writeFileSync(join(home, 'my-strategy/kept.txt'), '');
    const refused = await branchline(home, 'plugins', 'new', 'my-strategy');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('my-strategy is not empty')]);
    expect(readdirSync(join(home, 'my-strategy'))).toEqual(['kept.txt']);
    const file = await branchline(home, 'plugins', 'new', 'my-strategy', '--dir', 'my-strategy/kept.txt');
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining('is not a folder')]);
    const elsewhere = await branchline(home, 'plugins', 'new', 'my-strategy', '--dir', 'a/b');
    expect(elsewhere.stdout).toContain(`wrote plugin my-strategy into ${join('a', 'b')}`);
    // npm does not pack files that begin with a dot, so the templates have other names.
    expect(readdirSync(join(home, 'a/b'))).toEqual(expect.arrayContaining(['.gitignore', '.npmrc']));
  });
});

describe('the files of a new plugin', () => {
  const files = (directory: string) => extensionFiles(namesOf('plugin', 'my-strategy'), { directory });

  it('use library versions of the workspace', () => {
    const read = (path: string) =>
      JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, Record<string, string>>;
    const { dependencies, devDependencies } = JSON.parse(files('/x/y').get('package.json')!) as Record<
      string,
      Record<string, string>
    >;
    const { typescript, vitest } = read('package.json').devDependencies!;
    const { zod } = read('packages/cli/package.json').dependencies!;
    expect({ ...dependencies, ...devDependencies }).toMatchObject({
      zod: `^${zod}`,
      typescript: `^${typescript}`,
      vitest: `^${vitest}`,
    });
  });

  it('find text and schema where Branchline is installed: in the folder, or above it', () => {
    const home = folder();
    const sources = () => {
      const text = files(join(home, 'a/b')).get('example.config.yaml')!;
      const { data } = parse(text) as { data: { sources: { lockfile: string }[] } };
      return [data.sources[0]!.lockfile, /\$schema=(\S+)/.exec(text)![1]];
    };
    expect(sources()).toEqual(['./package-lock.json', './node_modules/@branchline/api/experiment.schema.json']);
    mkdirSync(join(home, 'node_modules/branchline'), { recursive: true });
    writeFileSync(join(home, 'package-lock.json'), '{}');
    expect(sources()).toEqual(['../../package-lock.json', '../../node_modules/@branchline/api/experiment.schema.json']);
  });

  it('are formatted like the workspace, with short and long names', { timeout: TIMEOUT_MS }, async () => {
    const home = folder();
    for (const name of ['ab', 'a-name-that-is-longer-than-most-of-them']) {
      for (const [path, text] of extensionFiles(namesOf('plugin', name), { directory: join(home, name) })) {
        mkdirSync(join(home, name, path, '..'), { recursive: true });
        writeFileSync(join(home, name, path), text);
      }
    }
    const biome = ['check', '--error-on-warnings', '--config-path', ROOT, '.'];
    expect(await failureOf(home, '@biomejs/biome/bin/biome', ...biome)).toBeUndefined();
  });
});

describe('names', () => {
  it.each([
    ['my-strategy', 'my-strategy', 'myStrategy'],
    ['@lab/plugin-my-2nd-strategy', 'my-2nd-strategy', 'my2ndStrategy'],
    ['branchline-plugin-x', 'x', 'x'],
  ])('%s', (packageName, name, factory) => {
    expect(namesOf('plugin', packageName)).toEqual({ noun: 'plugin', packageName, name, factory });
  });

  it.each([
    ...['', ' ', 'My-Strategy', 'my_strategy', 'my strategy', '-my', 'my-', '2nd', '../my', '@lab', '@lab/', '@/my'],
    ...[
      '@lab/my/strategy',
      'x'.repeat(101),
      'node_modules',
      'fs',
      'stream',
      'branchline',
      'replay',
      '@lab/plugin-replay',
    ],
    ...['plugin-switch', 'linear', 'z', 'describe', '@lab/plugin-', 'a\nb', 'constructor\u0000'],
  ])('%j is refused', (name) => expect(() => namesOf('plugin', name)).toThrow(BranchlineError));
});

describe('trainers new', () => {
  it('makes a package that is a working trainer', { timeout: TIMEOUT_MS }, async () => {
    const home = folder();
    const made = await branchline(home, 'trainers', 'new', '@lab/trainer-my-model');
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/^wrote trainer my-model into trainer-my-model\n/);
    const directory = join(home, 'trainer-my-model');
    install(directory);
    await expectToPass(directory);

    writeTexts(home);
    const trainer = { trainer: './trainer-my-model/src/index.ts', options: { spread: 0.1 } };
    const strategies = { a: ['from-scratch'], b: ['continual'] };
    writeFileSync(join(home, 'exp.json'), JSON.stringify({ ...TINY, trainer, strategies }));
    const trained = await branchline(home, 'bench', 'exp.json', '--json');
    expect(trained.stderr).not.toContain('problem');
    expect(JSON.parse(trained.stdout)).toMatchObject({ trainer: { name: 'my-model' }, failures: [] });
    const shown = await branchline(home, 'trainers', 'show', './trainer-my-model/src/index.ts');
    expect(shown.stdout).toMatch(/spread +number above 0 +0\.01 +Fresh weights/);
    const listed = await branchline(home, 'trainers');
    expect(listed.stdout).toMatch(/^tfjs 0\.2\.0 \(built in\)\n/);
    expect(listed.stdout).toContain('quadratic 0.1.0 (scores no text)');
  });

  it('refuses a name that is built in', async () => {
    const refused = await branchline(folder(), 'trainers', 'new', '@lab/trainer-tfjs');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('is the name of a trainer that comes with Branchline'),
    ]);
  });
});
