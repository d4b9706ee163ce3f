/** Plugins on the real command line, where the launcher loads TypeScript. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KNOWN_PLUGINS } from '@branchline/api/internal';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { pluginModule, writeFiles, writePackage } from '@branchline/api/test/plugin-files.js';
import { describe, expect, it } from 'vitest';
import { branchline } from './bin.js';

const TYPESCRIPT = `
import { definePlugin, z } from 'branchline';

const options = z.strictObject({ share: z.number().min(0).max(1).default(0.5).describe('A share of something.') });

export default definePlugin({
  name: 'typed',
  version: '0.1.0',
  owns: ['steps'],
  options,
  onVersion: ({ stepsOfIncrement, options: { share } }) => ({ steps: Math.round(share * stepsOfIncrement) }),
});
`;

/**
 * A folder with text, a plugin in TypeScript, a package with a plugin, and a package with the keyword but without one.
 */
function fixtures(): string {
  const directory = folder();
  writeTexts(directory);
  writeFiles(directory, { 'typed.ts': TYPESCRIPT });
  const reactive = pluginModule(
    'own',
    "description: 'Packed.\\u001b[2J', owns: ['data'], reactive: true, kernel: '^3',",
  );
  writePackage(directory, '@lab/plugin-own', reactive, { version: '0.4.0' });
  writePackage(directory, 'plugin-none', 'export const nothing = 1;\n');
  return directory;
}

describe('plugins in an experiment', () => {
  it('are loaded from a path and from a package, in YAML and on the command line', async () => {
    const directory = fixtures();
    writePackage(directory, 'packed', pluginModule('packed'));
    const strategies = {
      typed: [{ plugin: './typed.ts', options: { share: 0.25 } }],
      packed: ['packed', './typed.ts'],
    };
    writeFileSync(join(directory, 'exp.yaml'), JSON.stringify({ ...TINY, strategies }));
    const planned = await branchline(directory, 'plan', 'exp.yaml', '--json');
    const stepsOf = (stdout: string) =>
      (JSON.parse(stdout) as { strategies: { standalone: { steps: number } }[] }).strategies.map(
        ({ standalone }) => standalone.steps,
      );
    // Three versions of 16 steps each.
    expect(stepsOf(planned.stdout)).toEqual([12, 24]);
    const typed = './typed.ts(share=0.75) + packed, @lab/plugin-own';
    const { code, stderr } = await branchline(directory, 'plan', 'exp.yaml', '--strategies', typed);
    expect(code).toBe(2);
    expect(stderr).toContain('plugin own: was written for kernel API ^3, this is 2.');
    const fitting = await branchline(
      join(directory, 'texts'),
      'plan',
      '../exp.yaml',
      '--json',
      '--strategies',
      typed.replace('./typed', '../typed').replace(', @lab/plugin-own', ''),
    );
    expect(stepsOf(fitting.stdout)).toEqual([36]);
  });

  it('are reported with the line of the error', async () => {
    const directory = folder();
    writeTexts(directory);
    writeFiles(directory, {
      'throws.ts': "type A = 1;\nthrow new Error('boom');\n",
      'lacks.ts': "import 'not-installed';\nexport default 1;\n",
    });
    const strategies = { a: ['./throws.ts'], b: ['./lacks.ts'], c: ['lacks.ts'] };
    writeFileSync(join(directory, 'exp.json'), JSON.stringify({ ...TINY, strategies }));
    const { code, stderr } = await branchline(directory, 'plan', 'exp.json');
    expect(code).toBe(2);
    expect(stderr).toContain('3 problems; nothing was started.');
    expect(stderr).toMatch(/strategies\.a\[0\], plugin \.\/throws\.ts: throws\.ts:2:7: boom/);
    expect(stderr).toMatch(/strategies\.b\[0\].*Cannot find package 'not-installed'.*\n +.*npm install not-installed/);
    expect(stderr).toMatch(/strategies\.c\[0\].*there is no plugin "lacks\.ts"\n +.*write \.\/lacks\.ts/);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('branchline plugins', () => {
  it('lists and distinguishes what is built in and installed, in lines that fit', async () => {
    const directory = fixtures();
    const { code, stdout } = await branchline(directory, 'plugins', 'ls');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^path-switching 2\.\d+\.\d+ \(built in\)\n {2}One main path/m);
    expect(stdout).toMatch(/^ {2}alpha +number +0\.6 +Share of an increment/m);
    expect(stdout).toContain('own 0.3.0 (package @lab/plugin-own, kernel ^3, which is not 2.');
    expect(stdout).toContain('reactive)\n  Packed.\\u001b[2J\n  sets data\n  no options');
    expect(stdout).toMatch(/^plugin-none 0\.3\.0\n {2}cannot be used: .*no default export/m);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);

    const json = await branchline(directory, 'plugins', '--json');
    const listed = JSON.parse(json.stdout) as { name: string }[];
    // Two are installed here.
    expect(listed).toHaveLength(KNOWN_PLUGINS.size + 2);
    expect(listed.find(({ name }) => name === 'own')).toMatchObject({
      version: '0.3.0',
      kernel: '^3',
      fits: false,
      reactive: true,
      owns: ['data'],
      options: null,
      names: ['own', '@lab/plugin-own'],
      package: { name: '@lab/plugin-own', version: '0.4.0' },
    });
    expect(listed.at(-1)).toMatchObject({
      name: 'none',
      problem: expect.stringContaining('no default export') as string,
    });
  });

  it('shows one: built in, in a package, in a file', async () => {
    const directory = fixtures();
    const { stdout } = await branchline(directory, 'plugins', 'show', './typed.ts');
    expect(stdout).toMatch(/share +number from 0 to 1 +0\.5 +A share of something\./);
    expect(stdout).toContain('in YAML   [{ plugin: ./typed.ts, options: { share: 0.5 } }]');
    expect(stdout).toContain('typed     ./typed.ts(share=0.5)');
    const own = await branchline(directory, 'plugins', 'show', '@lab/plugin-own', '--json');
    expect(JSON.parse(own.stdout)).toMatchObject({ name: 'own', fits: false });
    const wrong = await branchline(directory, 'plugins', 'show', 'replya');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean "replay"?')]);
    const unknown = await branchline(directory, 'plugins', 'lst');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Did you mean "ls"?')]);
  });

  it('writes the schema for an editor, with installed plugins and without broken ones', async () => {
    const directory = fixtures();
    const { code, stdout, stderr } = await branchline(directory, 'plugins', 'schema', '--out', 'my.schema.json');
    expect(code).toBe(0);
    expect(stdout).toContain('# yaml-language-server: $schema=./my.schema.json');
    expect(stderr).toMatch(/^left out plugin-none: /);
    const written = readFileSync(join(directory, 'my.schema.json'), 'utf8');
    expect(written).toContain('"@lab/plugin-own"');
    const printed = await branchline(directory, 'plugins', 'schema');
    expect(printed.stdout).toBe(written);
  });
});
