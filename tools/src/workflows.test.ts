import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string>; engines: { node: string } };

interface Workflow {
  readonly jobs: Record<string, { readonly steps: readonly { readonly run?: string }[]; readonly strategy?: object }>;
}

test('the workflow runs commands that exist, on the supported versions of Node', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml')) as Workflow;
  const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(commands).toEqual(expect.arrayContaining(['npm ci', 'npm test', '.ci/run']));
  const scripts = commands.flatMap((command) => /^npm (?:run )?(?!ci$)(\S+)/.exec(command)?.[1] ?? []);
  for (const script of scripts) expect(manifest.scripts).toHaveProperty(script);
  expect(jobs.portable!.strategy).toMatchObject({ matrix: { node: [20, 22, 24] } });
  expect(manifest.engines.node).toBe('^20.19.0 || >=22.12.0');
});

test('issue forms are YAML with a name, a description and fields', () => {
  const folder = '.github/ISSUE_TEMPLATE';
  const forms = readdirSync(join(ROOT, folder)).filter((name) => name !== 'config.yml');
  expect(forms.length).toBeGreaterThan(1);
  for (const name of forms) {
    expect(parse(read(join(folder, name)))).toMatchObject({
      name: expect.any(String) as string,
      description: expect.any(String) as string,
      body: expect.arrayContaining([expect.objectContaining({ type: 'textarea' })]) as unknown,
    });
  }
});
