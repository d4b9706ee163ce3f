import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string>; engines: { node: string } };

interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly steps: readonly { readonly run?: string; readonly uses?: string; readonly with?: Record<string, unknown> }[];
  readonly strategy?: object;
}

interface Workflow {
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Record<string, Job>;
}

/** Names of the scripts that commands call. */
const scriptsOf = (commands: readonly string[]) =>
  commands.flatMap((command) => /^npm (?:run )?(?:--silent )?(?!ci$|install )(\S+)/.exec(command)?.[1] ?? []);

test('the workflow runs commands that exist, on the supported versions of Node', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml')) as Workflow;
  const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(commands).toEqual(expect.arrayContaining(['npm ci', 'npm test', '.ci/run']));
  for (const script of scriptsOf(commands)) expect(manifest.scripts).toHaveProperty(script);
  expect(jobs.portable!.strategy).toMatchObject({ matrix: { node: [20, 22, 24] } });
  expect(manifest.engines.node).toBe('^20.19.0 || >=22.12.0');
});

test('a tag is checked, then published without a token, by an npm that can', () => {
  const workflow = parse(read('.github/workflows/release.yml')) as Workflow;
  const { check, npm, pypi, notes } = workflow.jobs as Record<'check' | 'npm' | 'pypi' | 'notes', Job>;
  expect(workflow.on).toEqual({ push: { tags: ['v*'] } });
  expect(workflow.permissions).toEqual({ contents: 'read' });
  const runs = ({ steps }: Job) => steps.flatMap(({ run }) => run ?? []);
  expect(runs(check)).toEqual(expect.arrayContaining(['.ci/run', 'npm run packages -- --out release --release']));
  for (const script of scriptsOf(runs(check))) expect(manifest.scripts).toHaveProperty(script);
  // The jobs that may publish run after the checks, and only they can ask for an identity.
  expect(check.permissions).toBeUndefined();
  for (const job of [npm, pypi]) {
    expect(job).toMatchObject({ needs: 'check', permissions: { 'id-token': 'write' } });
    expect(job.environment).toEqual(expect.any(String));
  }
  const [, major, minor, patch] = /npm@(\d+)\.(\d+)\.(\d+)/.exec(runs(npm).join('\n'))!.map(Number);
  expect(major! * 1e6 + minor! * 1e3 + patch!).toBeGreaterThanOrEqual(11_005_001);
  expect(runs(npm).at(-1)).toBe('node tools/publish-packages.mjs release --provenance');
  expect(pypi.steps.at(-1)).toMatchObject({ with: { 'packages-dir': 'release/python' } });
  expect(notes).toMatchObject({ needs: ['npm', 'pypi'], permissions: { contents: 'write' } });
  expect(read('.github/workflows/release.yml')).not.toMatch(/secrets\./);
  // What was checked is what is published.
  for (const job of [npm, pypi, notes]) {
    expect(job.steps).toContainEqual(expect.objectContaining({ with: { name: 'release', path: 'release' } }));
  }
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
