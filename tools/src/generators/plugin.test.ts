/**
 * The Nx generator: a plugin in a workspace like this one type-checks, passes the conformance kit, and its example can
 * be planned.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Files of the workspace that a package depends on. */
const SHARED = [
  'node_modules',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
  'vitest.shared.ts',
  'biome.json',
];

/** The part of the Nx tree that a generator of files uses. */
interface FileTree {
  readonly root: string;
  exists(path: string): boolean;
  write(path: string, content: string): void;
}
type Generate = (tree: FileTree, options: { name: string; directory?: string }) => Promise<() => void>;

async function generator(): Promise<Generate> {
  const file = new URL('plugin/generator.mjs', import.meta.url).href;
  return ((await import(file)) as { default: Generate }).default;
}

/** A workspace in a temporary folder with only the shared files. */
function workspace(): FileTree {
  const root = mkdtempSync(join(tmpdir(), 'branchline-workspace-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'packages'));
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`);
  for (const path of [...SHARED, ...packages]) symlinkSync(join(ROOT, path), join(root, path), 'junction');
  return {
    root,
    exists: (path) => existsSync(join(root, path)),
    write(path, content) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
  };
}

/** Runs a tool of the workspace. Returns its output if it fails. */
async function failureOf(cwd: string, tool: string, ...args: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, BRANCHLINE_SOURCE: '1' };
  const child = spawn(process.execPath, [join(ROOT, tool), ...args], { cwd, env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return code === 0 ? undefined : output;
}

test.runIf(inject('full'))('a new plugin works unchanged', { timeout: 300_000 }, async () => {
  const tree = workspace();
  await (await generator())(tree, { name: 'my-strategy' });
  const directory = join(tree.root, 'packages/plugin-my-strategy');
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
  const sibling = JSON.parse(readFileSync(join(ROOT, 'packages/plugin-curriculum/package.json'), 'utf8')) as object;
  expect(manifest).toMatchObject({
    ...sibling,
    name: '@branchline/plugin-my-strategy',
    description: expect.any(String) as string,
    repository: { type: 'git', directory: 'packages/plugin-my-strategy' },
  });
  for (const name of ['tsconfig.build.json', 'vitest.config.ts']) {
    const ours = readFileSync(join(ROOT, 'packages/plugin-curriculum', name), 'utf8');
    const made = readFileSync(join(directory, name), 'utf8');
    expect(made).toBe(ours.replace('plugin-curriculum', 'plugin-my-strategy'));
  }

  expect(await failureOf(directory, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json')).toBeUndefined();
  expect(await failureOf(directory, 'node_modules/vitest/vitest.mjs', 'run')).toBeUndefined();
  const format = ['check', '--error-on-warnings', '--config-path', ROOT, 'packages/plugin-my-strategy'];
  expect(await failureOf(tree.root, 'node_modules/@biomejs/biome/bin/biome', ...format)).toBeUndefined();
  const example = join(directory, 'example.config.yaml');
  expect(await failureOf(tree.root, 'packages/cli/bin/branchline.mjs', 'plan', example)).toBeUndefined();
});

test('existing files are kept, and invalid names are refused', async () => {
  const tree = workspace();
  const generate = await generator();
  tree.write('packages/plugin-mine/kept.txt', '');
  await expect(generate(tree, { name: 'mine' })).rejects.toThrow('packages/plugin-mine is there already');
  await generate(tree, { name: 'mine', directory: 'labs/deep/mine' });
  expect(readFileSync(join(tree.root, 'labs/deep/mine/tsconfig.json'), 'utf8')).toContain(
    '"../../../tsconfig.base.json"',
  );
  for (const name of ['My', '../my', 'replay']) {
    await expect(generate(tree, { name })).rejects.toThrow(`"@branchline/plugin-${name}"`);
  }
});
