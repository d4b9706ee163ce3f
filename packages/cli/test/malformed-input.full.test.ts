/**
 * The command line with malicious input: output is escaped, files are written only into the run directory, and data is
 * not run.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import { parseResults } from '@branchline/report';
import { describe, expect, inject, it } from 'vitest';
import { branchline, type Ended } from './bin.js';

/** A working folder inside a folder that must stay unchanged. */
function workplace(): { readonly around: string; readonly inside: string } {
  const around = folder();
  const inside = join(around, 'work');
  writeTexts(inside, 30);
  return { around, inside };
}

/** All files below a folder except those of runs. */
const filesOf = (around: string) =>
  readdirSync(around, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(around, join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith(join('work', 'runs')))
    .sort();

function expectOnlyText({ stdout, stderr }: Ended): void {
  expect(stdout + stderr).not.toMatch(/[^\n\P{Cc}]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  expect(stderr).not.toMatch(/^ +at /m);
}

describe('names', () => {
  it.runIf(inject('full'))(
    'that every object has, that lead elsewhere, and that are markup are names of versions, domains and strategies',
    async () => {
      const { around, inside } = workplace();
      const domains = ['__proto__', '../../../outside', '<script>alert(1)</script>', 'a\u001b[31mb\u202ec\nd'];
      const versions = ['constructor', '/etc/passwd\u001b[2J'];
      const random = new RandomStream(1, 'rows');
      const rows = Array.from({ length: 240 }, (_, index) => ({
        text: Array.from({ length: 60 }, () => random.below(1e6)).join(' '),
        domain: domains[index % 4],
        version: versions[index % 2],
      }));
      writeFileSync(join(inside, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const sources = [{ files: 'rows.jsonl', domainField: 'domain', versionField: 'version' }];
      const config = { ...TINY, name: '-rf $HOME `id`', data: { sources, versions: { by: 'field' } } };
      // As text: in an object literal, __proto__ would set the prototype.
      const strategies =
        '{"__proto__": ["continual"], "constructor": ["from-scratch"], "../<img src=x>": ["continual", "replay"]}';
      writeFileSync(
        join(inside, 'names.json'),
        JSON.stringify(config).replace(/\}$/, `, "strategies": ${strategies}}`),
      );
      const before = filesOf(around);

      const ended = await branchline(inside, 'bench', 'names.json');
      expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('released __proto__, version 2')]);
      expectOnlyText(ended);
      expect(filesOf(around)).toEqual(before);
      const directory = join('runs', config.name);
      const read = (name: string) => readFileSync(join(inside, directory, name), 'utf8');
      const results = parseResults(JSON.parse(read('results.json')));
      expect(results.strategies.map(({ name }) => name)).toEqual(Object.keys(JSON.parse(strategies) as object));
      expect(results.data.domains).toEqual([...domains].sort());
      expect(read('report.html')).not.toMatch(/<script|<img|[^\t\n\P{Cc}]|\u202e/u);
      expectOnlyText(await branchline(inside, 'ledger', directory));
    },
  );

  it.each(['../../outside', '/tmp/outside'])('of the run directory cannot be %s', async (name) => {
    const { around, inside } = workplace();
    writeFileSync(join(inside, 'a.json'), JSON.stringify({ ...TINY, name, strategies: { a: ['continual'] } }));
    const before = filesOf(around);
    const { code, stderr } = await branchline(inside, 'bench', 'a.json');
    expect([code, stderr]).toEqual([2, expect.stringContaining(`name: '${name}' is not a name for the run directory`)]);
    expect(filesOf(around)).toEqual(before);
    expect(existsSync(join(inside, 'runs'))).toBe(false);
  });
});

describe('an experiment file', () => {
  it('in YAML loads no code that it only mentions', async () => {
    const { around, inside } = workplace();
    writeFileSync(join(inside, 'evil.mjs'), "import { writeFileSync } from 'node:fs';\nwriteFileSync('marker', '');\n");
    const yaml = [
      'model: { layers: 1, width: 16, heads: 2, context: 32 }',
      'data: { sources: [evil.mjs, texts] }',
      'strategies: { a: [evil.mjs, evil], b: [continual] }',
    ];
    writeFileSync(join(inside, 'a.yaml'), yaml.join('\n'));
    const before = filesOf(around);
    const { code, stderr } = await branchline(inside, 'plan', 'a.yaml');
    const message = 'strategies.a[0], plugin evil.mjs: there is no plugin "evil.mjs"';
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(filesOf(around)).toEqual(before);
  });

  it.each([
    ['setTimeout(() => { throw new Error("later"); });\nexport default new Promise(() => {});', ':1:26: later'],
    ['Promise.reject(new Error("stray"));\nexport default new Promise(() => {});', ':1:16: stray'],
    ['setTimeout(() => process.exit(0));\nexport default new Promise(() => {});', 'ends the process: process.exit(0)'],
    ['export default { get strategies() { throw new Error("\\u001b[31mno"); } };', ':1:43: \\u001b[31mno'],
  ])('in TypeScript with asynchronous errors or exits is reported: %j', async (code, message) => {
    const { inside } = workplace();
    writeFileSync(join(inside, 'a.config.ts'), code);
    const ended = await branchline(inside, 'plan', 'a.config.ts');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)]);
    expectOnlyText(ended);
  });
});

describe('a run directory', () => {
  it('with invalid results and ledger is reported, and not trusted', async () => {
    const { around, inside } = workplace();
    const before = filesOf(around);
    const directory = join(inside, 'runs', 'a');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'results.json'), `{"\\u001b[31m": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    writeFileSync(join(directory, 'ledger.jsonl'), '{"kind": "\\u001b[31m"}\n');
    for (const [command, message] of [
      ['report', 'nested too deeply'],
      ['ledger', 'line 1'],
    ] as const) {
      const ended = await branchline(inside, command, 'runs/a');
      expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining(message)]);
      expectOnlyText(ended);
    }
    expect(filesOf(around)).toEqual(before);
  });
});
