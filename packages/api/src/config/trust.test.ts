/** An experiment in JSON or YAML runs no code except the plugins that its strategies name. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BranchlineError } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { folder, TINY, writeTexts } from '../../test/corpus.js';
import { checkExperiment } from './check.js';
import { loadConfig } from './load.js';

const EXPERIMENT = { ...TINY, strategies: { scratch: ['from-scratch'] }, baseline: 'scratch' };

describe('data is not code', () => {
  /**
   * A folder with modules that leave a mark when they run: a file next to the experiment, a package, and a package with
   * a plugin.
   */
  const trapped = () => {
    const directory = folder();
    writeTexts(directory, 2);
    const mark = (name: string) =>
      `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(join(directory, name))}, '');\n`;
    writeFileSync(join(directory, 'evil.mjs'), `${mark('marker')}export default {};\n`);
    for (const [name, keywords] of [
      ['evil', []],
      ['plugin-other', ['branchline-plugin']],
    ] as const) {
      mkdirSync(join(directory, 'node_modules', name), { recursive: true });
      writeFileSync(join(directory, 'node_modules', name, 'index.js'), `${mark(`${name} ran`)}export default {};\n`);
      const manifest = JSON.stringify({ name, version: '1.0.0', type: 'module', keywords });
      writeFileSync(join(directory, 'node_modules', name, 'package.json'), manifest);
    }
    const marks = () => readdirSync(directory).filter((name) => /^marker$| ran$/.test(name));
    return { directory, evil: join(directory, 'evil.mjs'), marks };
  };
  const refused = async (directory: string, part: object, file: string) => {
    writeFileSync(join(directory, file), JSON.stringify({ ...EXPERIMENT, ...part }));
    const { config, ...origin } = await loadConfig(join(directory, file));
    await expect(checkExperiment(config, origin)).rejects.toBeInstanceOf(BranchlineError);
  };

  it('no module that a document names is imported', async () => {
    const { directory, evil, marks } = trapped();
    const url = pathToFileURL(evil).href;
    const strategy = (entry: unknown) => ({ strategies: { a: [entry] }, baseline: 'a' });
    for (const name of [
      './evil.mjs',
      'evil.mjs',
      evil,
      url,
      'evil',
      'node:fs',
      'evil/index.js',
      `data:text/javascript,import(${JSON.stringify(url)})`,
    ]) {
      // A plugin named by an explicit path is meant to run.
      const asked = name === evil || name.startsWith('./');
      const inPlaces = [
        ...(asked ? [] : [strategy(name), strategy({ plugin: name, options: { plugin: name } })]),
        strategy({ plugin: 'continual', options: { plugin: name } }),
        strategy({ plugin: { name, onVersion: name } }),
        { strategies: { [name]: name }, baseline: name },
        { model: name },
        ...(asked ? [] : [{ trainer: name }, { trainer: { trainer: name } }]),
        { trainer: { engine: name } },
        { trainer: { trainer: 'tfjs', options: { engine: 'eager', backend: name } } },
        { trainer: { trainer: { name, create: name } } },
        { training: { optimizer: { name } } },
        { data: { ...TINY.data, tokenizer: name } },
        { data: { sources: [{ lockfile: name }] } },
        { prices: name },
        { budget: name },
        { $schema: name, seed: -1 },
      ];
      for (const [index, part] of inPlaces.entries()) await refused(directory, part, `${index}.json`);
    }
    expect(marks()).toEqual([]);
    // The same file runs when it is the experiment itself.
    await loadConfig(evil);
    expect(marks()).toEqual(['marker']);
  });

  it('except the plugins that a strategy names: by an explicit path, or as a package with the keyword', async () => {
    const { directory, marks } = trapped();
    const strategies = { a: ['plugin-another', 'others'] };
    await refused(directory, { strategies, baseline: 'a' }, 'a.json');
    expect(marks()).toEqual([]);
    await refused(directory, { strategies: { a: ['other'] }, baseline: 'a' }, 'b.json');
    expect(marks()).toEqual(['plugin-other ran']);
    await refused(directory, { strategies: { a: ['./evil.mjs'] }, baseline: 'a' }, 'c.json');
    expect(marks()).toEqual(['marker', 'plugin-other ran']);
  });
});
