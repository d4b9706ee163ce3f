/**
 * Untrusted and malformed experiments: each is accepted or refused with a message. Nothing hangs, and data is never run
 * as code.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BranchlineError } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { folder, writeTexts } from '../../test/corpus.js';
import { EXPERIMENT } from '../../test/experiment.js';
import { changed, changes } from '../../test/mutations.js';
import { parseConfigDocument } from '../files/document.js';
import { checkExperiment } from './check.js';
import { loadConfig } from './load.js';

/** The BranchlineError (`config`) that `work` throws; undefined if it throws none. */
async function refusal(work: () => unknown): Promise<BranchlineError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    expect(error.code).toBe('config');
    for (const { message } of error.problems) expect(message).not.toBe('');
    return error;
  }
}

describe('an experiment with random mutations', () => {
  it('is accepted, or refused with a place and a message for every error', async () => {
    // Two levels down, so that '..' is a small folder.
    const baseDirectory = join(folder(), 'a', 'b');
    mkdirSync(baseDirectory, { recursive: true });
    writeTexts(baseDirectory, 2);
    const count = { checked: 0, refused: 0 };
    const numRuns = inject('full') ? 1000 : 200;
    await checkExperiment(EXPERIMENT, { baseDirectory, defaultName: 'tiny' });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const config = changed(EXPERIMENT, list);
        const error = await refusal(() => checkExperiment(config, { baseDirectory, defaultName: 'tiny' }));
        if (error === undefined) count.checked++;
        else count.refused++;
        for (const { configPath } of error?.problems ?? []) expect(configPath).toBeTruthy();
      }),
      { seed: 1, numRuns },
    );
    expect(count.checked).toBeGreaterThan(numRuns * 0.03);
    expect(count.refused).toBeGreaterThan(numRuns * 0.5);
  });

  it.each([
    ['layers', 1e9],
    ['layers', 2 ** 53 - 1],
    ['width', 2 ** 40],
    ['width', 2 ** 52],
    ['context', 2 ** 53 - 1],
    ['vocabulary', 2 ** 53 - 1],
  ])('is refused before any file is read when its %s is %d', async (key, size) => {
    const config = { ...EXPERIMENT, model: { ...EXPERIMENT.model, heads: 1, [key]: size } };
    const error = await refusal(() => checkExperiment(config, { baseDirectory: folder(), defaultName: 'x' }));
    expect(error!.problems).toContainEqual(expect.objectContaining({ configPath: 'model' }));
  });

  it.each(['', ' a', 'a ', 'a\nb', '\u001b[2J', 'a\u009bb', 'a\u202eb', 'a\u2028b', 'a\ud800', 'x'.repeat(201)])(
    'has no strategy called %j',
    async (name) => {
      const config = { ...EXPERIMENT, baseline: undefined, strategies: { [name]: ['continual'] } };
      const baseDirectory = folder();
      writeTexts(baseDirectory, 2);
      const error = await refusal(() => checkExperiment(config, { baseDirectory, defaultName: 'x' }));
      expect(error!.problems.map(({ configPath }) => configPath)).toEqual([expect.stringMatching(/^strategies[.[]/)]);
    },
  );
});

describe('a document', () => {
  it('with any text gives an object or an error with its place, and never crashes the parser', async () => {
    const valid = JSON.stringify(EXPERIMENT, null, 1);
    const sign = fc.constantFrom(
      ...'{}[]:,-?&*!|>\'"%@`#\n\t ~<='.split(''),
      '- ',
      '? ',
      ': ',
      '&a ',
      '*a',
      '!!js/function ',
      '<<: ',
      '---\n',
      '\u0000',
    );
    const noise = fc
      .array(fc.oneof(sign, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 60 })
      .map((all) => all.join(''));
    const edited = fc
      .tuple(fc.nat(valid.length), fc.nat(20), noise)
      .map(([at, cut, put]) => valid.slice(0, at) + put + valid.slice(at + cut));
    await fc.assert(
      fc.asyncProperty(fc.oneof(noise, edited), async (text) => {
        const error = await refusal(() => expect(parseConfigDocument('a.yaml', text)).toBeTypeOf('object'));
        if (error !== undefined) expect(error.message).toContain('a.yaml');
      }),
      { seed: 1, numRuns: inject('full') ? 2000 : 500 },
    );
  });

  const bomb = 'abcdefghi'.split('').map(
    (name, index, all) =>
      `${name}: &${name} [${Array(9)
        .fill(index === 0 ? 'x' : `*${all[index - 1]}`)
        .join(', ')}]`,
  );
  it.each([
    ['a bomb of aliases', bomb.join('\n'), 'Excessive alias count'],
    ['an alias of nothing', 'a: *b', 'Unresolved alias'],
    ['a tag that names code', 'a: !!js/function "() => 1"', 'a.yaml:1:4: !!js/function is a tag'],
    ['a tag of its own', 'a: !evil {}', '!evil is a tag'],
    ['lists without end', `a: ${'['.repeat(1e6)}`, 'a.yaml:1:203: is nested too deeply'],
    ['objects without end', `${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`, 'is nested too deeply'],
    ['lists without brackets', `${'- '.repeat(5000)}x`, 'is nested too deeply'],
    ['keys without end', `${'? '.repeat(5000)}x`, 'is nested too deeply'],
    ['a key twice', '{"1": 1, 1: 2}', 'is a duplicate key'],
    ['a list', '[]', 'holds no experiment'],
    ['nothing', '', 'holds no experiment'],
    ['a directive', '%YAML 9.9\n---\na: 1\n', 'a.yaml:1:7: '],
  ])('with %s is refused', async (_, text, message) => {
    expect((await refusal(() => parseConfigDocument('a.yaml', text)))!.message).toContain(message);
  });

  it('treats keys of Object.prototype as plain keys', () => {
    const config = parseConfigDocument('a.yaml', '__proto__: {polluted: 1}\nconstructor: 2\n') as object;
    expect(Object.keys(config)).toEqual(['__proto__', 'constructor']);
    expect('polluted' in config).toBe(false);
    expect('polluted' in {}).toBe(false);
  });
});

describe('a file', () => {
  const read = (directory: string, name: string) => refusal(() => loadConfig(join(directory, name), { timeout: 200 }));

  it.skipIf(process.platform === 'win32')('that is not a regular file is not opened', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'folder.json'));
    execFileSync('mkfifo', [join(directory, 'pipe.yaml'), join(directory, 'pipe.ts')]);
    symlinkSync('/dev/zero', join(directory, 'zero.json'));
    symlinkSync('loop.json', join(directory, 'loop.json'));
    for (const name of readdirSync(directory)) {
      expect((await read(directory, name))!.message).toMatch(
        name === 'loop.json' ? /cannot be read: ELOOP/ : /is not a file/,
      );
    }
    const prices = (name: string) =>
      refusal(() => checkExperiment({ ...EXPERIMENT, prices: name }, { baseDirectory: directory, defaultName: 'x' }));
    for (const name of ['pipe.yaml', 'zero.json'])
      expect((await prices(name))!.message).toContain(`prices: ${name} is not a file`);
  });

  it('that is too large, or not UTF-8, is not parsed', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'large.json'), '{}');
    truncateSync(join(directory, 'large.json'), 2 ** 40);
    writeFileSync(join(directory, 'utf16.json'), Buffer.from('\ufeff{"seed": 1}', 'utf16le'));
    expect((await read(directory, 'large.json'))!.message).toContain('is too large');
    expect((await read(directory, 'utf16.json'))!.message).toContain('is not text in UTF-8');
  });

  it('may begin with a byte order mark', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'bom.json'), '\ufeff{"seed": 1}');
    expect((await loadConfig(join(directory, 'bom.json'))).config).toEqual({ seed: 1 });
  });

  it.each([
    ['awaits what never comes', 'await new Promise(() => {}); export default {};', 'has not finished after 0.2 s'],
    ['exports a promise that never settles', 'export default new Promise(() => {});', 'has not finished after 0.2 s'],
    ['throws a value that is not an Error', 'throw null;', 'a.mjs: null'],
    ['rejects', 'export default Promise.reject(new Error("no"));', 'a.mjs:1:31: no'],
    ['has a getter that throws', 'export default {\n get model() { throw new Error("no"); } };', 'a.mjs:2:22: no'],
    ['is broken', 'export default {', 'a.mjs:1:17: '],
  ])('that %s is refused, with its line if there is one', async (_, code, message) => {
    const directory = folder();
    writeFileSync(join(directory, 'a.mjs'), code);
    expect((await read(directory, 'a.mjs'))!.message).toContain(message);
  });
});
