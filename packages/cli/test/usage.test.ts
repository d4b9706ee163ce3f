import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { describe, expect, inject, it } from 'vitest';
import { branchline } from './bin.js';

const FIVE_MISTAKES = `
import { continual, curriculum, defineExperiment, pathSwitching } from 'branchline';

export default defineExperiment({
  model: { layers: 1, width: 16, heads: 2, context: 32 },
  data: { sources: ['nowhere/*.txt'], score: 'diversity' },
  strategies: {
    unknown: ['path-swiching'],
    misspelt: [continual({ rewam: false } as object)],
    'two owners': [pathSwitching({ minRatio: 0.1 }), curriculum({ minRatio: 1 / 3 })],
    'too much': [pathSwitching({ alpha: 1.5 })],
  },
});
`;

const FAILING_PLUGINS = `
import { continual, defineExperiment, definePlugin } from 'branchline';

const failing = definePlugin({
  name: 'failing',
  onVersion() {
    throw new TypeError('no way');
  },
});
const watching = definePlugin({
  name: 'watching',
  observe: () => ({
    afterRelease() {
      throw new RangeError('unseen');
    },
  }),
});

export default defineExperiment({
  ...${JSON.stringify(TINY)},
  strategies: { works: [continual(), watching()], fails: [failing()] },
});
`;

/** Each case starts a process; the quick test runs a third of them. */
const some = <T>(cases: readonly T[]) => cases.filter((_, index) => inject('full') || index % 3 === 0);

describe('mistakes', () => {
  it('reports five errors at once, each with plugin, place and remedy, and starts nothing', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'five.config.ts'), FIVE_MISTAKES);
    const { code, stdout, stderr } = await branchline(directory, 'bench', 'five.config.ts');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('5 problems; nothing was started.');
    const told = stderr.split(/^ +\d+\. /m).slice(1);
    expect(told).toHaveLength(5);
    expect(told[0]).toMatch(/^data\.sources\[0\]: no file matches "nowhere\/\*\.txt"/);
    expect(told[1]).toMatch(/^strategies\.unknown\[0\], plugin path-swiching: .*\n +Did you mean "path-switching"\?/);
    expect(told[2]).toMatch(
      /^strategies\.misspelt\[0\]\.options\.rewam, plugin continual: .*\n +Did you mean "rewarm"\?/,
    );
    expect(told[3]).toMatch(
      /^strategies\["two owners"\]\[1\], .*plugin curriculum.* sets lr\.minRatio, which plugin path-switching .*\n +Remove one of the two, or settle it yourself/,
    );
    expect(told[4]).toMatch(/^strategies\["too much"\]\[0\]\.options\.alpha, plugin path-switching: .*\n +\S/);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(readdirSync(directory)).toEqual(['five.config.ts']);

    const json = await branchline(directory, 'bench', 'five.config.ts', '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'config', exitCode: 2 } });
  });

  it.each(
    some([
      ['a.config.ts', 'export default {\n  a: 1,\n  b: = 3\n};\n', 'a.config.ts:3:6: Unexpected token'],
      ['a.config.ts', "type A = 1;\n\nthrow new Error('boom');\n", 'a.config.ts:3:7: boom'],
      ['a.config.ts', 'export const a = 1;\n', 'a.config.ts has no default export'],
      ['a.config.ts', "import { nothing } from './b.js';\nexport default nothing;\n", 'Cannot find module'],
      ['a.config.ts', "export default Promise.reject(new Error('boom'));\n", 'a.config.ts:1:31: boom'],
      ['a.config.ts', 'export default () => ({});\n', 'a.config.ts exports a function'],
      ['a.yaml', 'model: 1\n"a b": 2\n"a b": 3\n', 'a.yaml:3:1: "a b" is a duplicate key'],
      ['a.yaml', 'model: 1\n---\nmodel: 2\n', 'a.yaml:2:1: a second document begins here'],
      ['a.config.mjs', 'export default {\n', 'a.config.mjs:2:1: Unexpected token'],
      [
        'a.config.ts',
        "import { patSwitching } from 'branchline';\nexport default patSwitching();\n",
        'Did you mean "pathSwitching"?',
      ],
    ]),
  )('reports what is wrong with the file itself: %s', async (name, content, message) => {
    const directory = folder();
    writeFileSync(join(directory, name), content);
    const { code, stderr } = await branchline(directory, 'plan', name);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });

  it.each(
    some<[string[], string]>([
      [['bench', 'missing.ts'], 'there is no file missing.ts'],
      [['bench', '--stategies', 'x'], 'Did you mean "strategies"?'],
      [['bench', '--data', '.', '--strategies', 'a,'], 'at character 3: a,⟨here⟩'],
      [['benh'], 'Did you mean "bench"?'],
      [['frob'], 'there is no command "frob"\n  Known: init, bench, plan'],
      [['plan', '--runs', 'a', '--runs', 'b'], '--runs can be given once'],
      [['bench', 'x.ts', '--seed'], 'Not enough arguments following: seed'],
      [['bench', '--data', '', '--strategies', 'continual'], '--data names no text'],
      [['run', 'x.ts'], 'Missing required argument: strategy'],
      [['bench'], 'name an experiment file, or give both --data and --strategies'],
      [['ledger', 'nowhere'], 'there is no run directory nowhere'],
    ]),
  )('reports what is wrong with the command line: %j', async (args, message) => {
    const { code, stdout, stderr } = await branchline(folder(), ...args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('shows a stack trace only when asked', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'a.config.ts'), "\nthrow new Error('boom');\n");
    const { stderr } = await branchline(directory, 'plan', 'a.config.ts', '--debug');
    expect(stderr).toMatch(/caused by Error: boom\n +at .*a\.config\.ts:2:7/);
  });

  it('leads to the own code of plugins that fail, decider or observer', async () => {
    const directory = folder();
    writeTexts(directory);
    writeFileSync(join(directory, 'a.config.ts'), FAILING_PLUGINS);
    const planned = await branchline(directory, 'plan', 'a.config.ts', '--debug');
    expect([planned.code, planned.stdout.includes('plugin failing, onVersion: no way')]).toEqual([1, true]);
    expect(planned.stderr).toMatch(/\nTypeError: no way\n +at Object\.onVersion \(.*a\.config\.ts:7:11\)/);
    const run = await branchline(directory, 'run', 'a.config.ts', '--strategy', 'works', '--debug');
    expect([run.code, run.stderr]).toEqual([
      0,
      expect.stringContaining('afterRelease: unseen; training is not affected'),
    ]);
    expect(run.stderr).toMatch(/\nRangeError: unseen\n +at .*a\.config\.ts:14:13/);
  });
});

describe('an experiment file', () => {
  const names = ['d.config.ts', 'x.d.ts', 'd.ts', 'x.d.config.ts', 'd.d.mts', 'd.config.js'];
  it.each(inject('full') ? names : names.slice(0, 2))(
    'can be called %s, although that is the name of a type declaration',
    async (name) => {
      const directory = folder();
      // Typed, so that it must be transpiled, unless it is JavaScript.
      const value = name.endsWith('js') ? "'here'" : "('here' as string)";
      writeFileSync(join(directory, name), `\nexport default {};\nthrow new Error(${value});\n`);
      const { code, stderr } = await branchline(directory, 'plan', name);
      expect(stderr).toContain(`${name}:3:7: here`);
      expect(code).toBe(2);
    },
  );
});

describe('lists', () => {
  it('explains itself, with exit codes', async () => {
    const { code, stdout } = await branchline(folder(), '--help');
    expect(code).toBe(0);
    for (const word of ['bench', 'plan', 'run', 'report', 'ledger', 'plugins', '130  interrupted']) {
      expect(stdout).toContain(word);
    }
  });

  it('lists plugins with their options', async () => {
    const { stdout } = await branchline(folder(), 'plugins');
    expect(stdout).toMatch(/alpha +number +0\.6 +Share of an increment/);
    const json = await branchline(folder(), 'plugins', '--json');
    const names = (JSON.parse(json.stdout) as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual([
      ...['from-scratch', 'continual', 'replay', 'stable-only', 'wsd-s', 'infinite-schedule'],
      ...['path-switching', 'curriculum', 'model-averaging', 'lawa', 'wsm', 'learning-rate'],
    ]);
  });

  it('plans, explains, and writes nothing', async () => {
    const directory = folder();
    writeTexts(directory);
    const strategies = { a: ['from-scratch'], b: { plugins: ['path-switching'], overrides: { 'lr.minRatio': 0.05 } } };
    writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies }));
    const { code, stdout } = await branchline(directory, 'plan', 'tiny.json', '--explain');
    expect(code).toBe(0);
    // Three versions of 64 sequences, 4 per step: 16 steps each, and branches of 60%, rounded to 10.
    expect(stdout).toMatch(/version 3 +main +0 +48 +48 +released/);
    expect(stdout).toMatch(/branch +6 +16 +10 +released/);
    expect(stdout).toContain('alone 1.00 of the baseline; 96 steps');
    expect(stdout).toMatch(/lr\.minRatio +0\.05 +override/);
    expect(stdout).toMatch(/lr\.minRatio +0\.1 +default/);
    expect(stdout).toMatch(/forks +\[branch\] +path-switching, strategies\.b/);
    expect(stdout).toContain('versions 2 to 3');
    expect(readdirSync(directory).sort()).toEqual(['texts', 'tiny.json']);
    expect(existsSync(join(directory, 'runs'))).toBe(false);

    const json = await branchline(directory, 'plan', 'tiny.json', '--json');
    const plan = JSON.parse(json.stdout) as { strategies: { standalone: { steps: number } }[] };
    // The main path of the last version ends where its branch leaves.
    expect(plan.strategies.map(({ standalone }) => standalone.steps)).toEqual([96, 68]);
  });
});
