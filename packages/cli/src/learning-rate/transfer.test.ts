import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadExperiment } from '@branchline/api';
import { BranchlineError } from '@branchline/core';
import { afterAll, expect, it, vi } from 'vitest';
import { transferRates } from './transfer.js';

const directory = mkdtempSync(join(tmpdir(), 'branchline-transfer-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const config = join(directory, 'exp.yaml');
writeFileSync(join(directory, 'a.txt'), 'Some text of no particular interest. '.repeat(40));
writeFileSync(
  config,
  `model: { layers: 2, width: 32, heads: 2, context: 32 }
data: { sources: [a.txt], versions: { by: random, count: 1 } }
training: { batch: 4, lr: { peak: 0.01, warmup: 5 } }
strategies: { scratch: [from-scratch] }
`,
);

/** What the command prints. */
async function printed(args: Omit<Parameters<typeof transferRates>[0], 'config'>): Promise<string> {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  try {
    await transferRates({ config, ...args });
  } finally {
    write.mockRestore();
  }
  return lines.join('');
}

it('prints every factor and assumption, and writes an experiment with both as comments', async () => {
  const out = join(directory, 'big.yaml');
  const text = await printed({ to: 'width=128,tokens=8k', from: 'tokens=2k', rule: 'completed-p', out, json: false });
  for (const part of ['Complete(d)P, arXiv 2512.22382', 'x 0.5', '0.005', 'continuous limit of Adam', 'big.yaml']) {
    expect(text).toContain(part);
  }
  const written = readFileSync(out, 'utf8');
  expect(written).toMatch(/# hidden: rate x 0\.25 = 0\.25\n/);
  for (const part of ['1 - beta1 x 0.25 = 0.025', '1 - beta2 x 0.25 = 0.0125', 'warm-up steps x 4 = 20']) {
    expect(written).toContain(`# ${part}\n`);
  }
  expect(written).toContain('# The text has 8000 tokens: data.versions says nothing about it.');
  const { experiment } = await loadExperiment(out);
  expect(experiment).toMatchObject({
    model: { width: 128, heads: 8, init: { hidden: 0.01 }, multipliers: { output: 0.25 } },
    training: { lr: { peak: 0.005, warmup: 20 }, optimizer: { weightDecay: 0.05, groups: { hidden: { rate: 0.25 } } } },
  });
});

it('prints JSON, and writes nothing without a file', async () => {
  const found = JSON.parse(await printed({ to: 'layers=4', rule: 'completep', json: true })) as Record<string, unknown>;
  expect(found).toMatchObject({
    ...{ rule: 'completep', files: {}, ratios: { width: 1, depth: 2 } },
    experiment: { name: 'exp-32x4', model: { multipliers: { residual: 0.5 } } },
  });
});

it('reports all problems of the arguments at once', async () => {
  const error: unknown = await printed({
    ...{ to: 'width=30,layers=x', from: 'tokens=-1', rule: 'mup', json: false },
    out: join(tmpdir(), 'big.txt'),
  }).catch((thrown: unknown) => thrown);
  if (!(error instanceof BranchlineError)) throw error;
  expect(error.problems.map(({ configPath, message }) => `${configPath}: ${message}`)).toEqual([
    '--to layers: "x" is no number',
    expect.stringMatching(/^--out: .*is no experiment file/),
    expect.stringMatching(/^--out: .*not in the folder/),
    '--from tokens: -1 is not a number above 0',
    "--to: width 30 is no multiple of the size of the experiment's heads, 16",
  ]);
});

it('does not replace the experiment that it transfers', async () => {
  const before = readFileSync(config, 'utf8');
  const error: unknown = await printed({ to: 'width=64', rule: 'mup', out: config, json: false }).catch(
    (thrown: unknown) => thrown,
  );
  expect((error as BranchlineError).problems.map(({ message }) => message)).toEqual([
    `${config} is the experiment to transfer, which would be lost`,
  ]);
  expect(readFileSync(config, 'utf8')).toBe(before);
});
