/** Runs the program in README.md unchanged, on the text that it names. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { folder } from './corpus.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

it('the program in the README plans, trains and writes a report', { timeout: 300_000 }, async () => {
  const blocks = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs);
  const [program, ...others] = [...blocks].map(([, code]) => code!).filter((code) => code.includes('await bench('));
  expect(others).toEqual([]);
  const directory = folder();
  for (const name of ['docs', 'node_modules']) symlinkSync(join(ROOT, name), join(directory, name), 'junction');
  writeFileSync(join(directory, 'compare.ts'), program!);
  const flags = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register'];
  const env = { ...process.env, OXC_TSCONFIG_PATH: join(ROOT, 'tsconfig.base.json') };
  const child = spawn(process.execPath, [...flags, 'compare.ts'], { cwd: directory, env, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  expect([code, output.stderr]).toEqual([0, '']);
  expect(output.stdout).toContain('path switching');
  expect(existsSync(join(directory, 'comparison.html'))).toBe(true);
});
