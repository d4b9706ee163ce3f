/** A whole experiment on two processes of the torch trainer. It needs PyTorch. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import type { Results } from '@branchline/evaluation';
import { tryWorker } from '@branchline/trainer-torch';
import { describe, expect, it } from 'vitest';
import { branchline } from './bin.js';

const refusal = await tryWorker().then(
  () => undefined,
  (error: unknown) => String(error),
);
if (refusal !== undefined) console.warn(`SKIPPED: an experiment on two processes. ${refusal}`);

const PRICE = { match: 'cpu', unit: 'thread', price: { perHour: 0.01, source: 'ours', date: '2026-11' } };

/** An experiment file with two strategies. */
const experiment = (processes: number) =>
  JSON.stringify({
    ...TINY,
    name: 'tiny',
    data: { ...TINY.data, versions: { by: 'random', count: 2, tokens: 2048 } },
    trainer: { trainer: 'torch', options: { device: 'cpu', threads: 1, processes } },
    prices: { currency: 'USD', devices: [PRICE] },
    strategies: { scratch: ['from-scratch'], switching: [{ plugin: 'path-switching', options: { alpha: 0.5 } }] },
  });

describe.skipIf(refusal !== undefined)('two processes', { timeout: 600_000 }, () => {
  it('have the losses of one, cost twice the hour, and continue its states on request', async () => {
    const directory = folder();
    writeTexts(directory);
    const write = (processes: number) => writeFileSync(join(directory, 'tiny.json'), experiment(processes));
    const run = async (command: string, runs: string, ...args: readonly string[]) => {
      const ended = await branchline(directory, command, 'tiny.json', '--runs', runs, ...args);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
    };
    const results = (runs: string) =>
      JSON.parse(readFileSync(join(directory, runs, 'tiny/results.json'), 'utf8')) as Results;
    const losses = ({ strategies }: Results) => strategies.flatMap(({ releases }) => releases.map(({ loss }) => loss));

    write(1);
    await run('bench', 'one', '--no-report');
    write(2);
    await run('bench', 'two', '--no-report');
    const [one, two] = [results('one'), results('two')];
    expect([one.trainer.units, two.trainer.units]).toEqual([1, 2]);
    expect(losses(two)).toHaveLength(4);
    for (const [index, loss] of losses(two).entries()) expect(loss).toBeCloseTo(losses(one)[index]!, 4);
    const rates = ['one', 'two'].map((runs) => {
      const [line] = readFileSync(join(directory, runs, 'tiny/ledger.jsonl'), 'utf8').split('\n');
      return (JSON.parse(line!) as { price: { perHour: number } }).price.perHour;
    });
    expect(rates).toEqual([0.01, 0.02]);

    await run('bench', 'one', '--no-report', '--reuse-from-other-processors');
    expect(losses(results('one'))).toEqual(losses(one));
    expect(JSON.stringify(results('one').warnings)).toContain('trained in part or whole on another processor');
  });
});
