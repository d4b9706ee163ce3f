/** Whole experiments on several processes, of the torch trainer and in OLMo-core. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Results } from '@branchline/evaluation';
import { OLMO_CORE } from '@branchline/trainer-olmo-core';
import { tryWorker } from '@branchline/trainer-torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { branchline } from './bin.js';
import { writeTinyQuick } from './tiny-quick.js';

const refusalOf = (worker: Promise<unknown>) => worker.then(() => undefined, String);

const refusal = await refusalOf(tryWorker());
if (refusal !== undefined) console.warn(`SKIPPED: the quick experiment on several processes. ${refusal}`);
const olmoRefusal = refusal ?? (await refusalOf(tryWorker(undefined, 120, OLMO_CORE)));
if (refusal === undefined && olmoRefusal !== undefined) {
  console.warn(`SKIPPED: the quick experiment in OLMo-core. ${olmoRefusal}`);
}

const PRICE = { match: 'cpu', unit: 'thread', price: { perHour: 0.01, source: 'ours', date: '2026-11' } };

describe.skipIf(refusal !== undefined)('the quick experiment at a tiny size', { timeout: 900_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'branchline-processes-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const write = (trainer: string, processes: number) => {
    const options = { device: 'cpu', threads: 1, processes };
    writeTinyQuick(directory, 2, {
      trainer: { trainer, options },
      prices: { currency: 'USD', devices: [PRICE] },
    });
  };
  const run = async (runs: string, ...args: readonly string[]): Promise<Results> => {
    const ended = await branchline(directory, 'bench', 'tiny.config.ts', '--runs', runs, '--no-report', ...args);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return JSON.parse(readFileSync(join(directory, runs, 'tiny/results.json'), 'utf8')) as Results;
  };
  const losses = ({ strategies }: Results) => strategies.flatMap(({ releases }) => releases.map(({ loss }) => loss));
  /** Sums of float32 in another order, for dozens of steps; another batch or rate would be seen in the second digit. */
  const expectLosses = (found: Results, expected: Results) => {
    expect(losses(found)).toHaveLength(12);
    for (const [index, loss] of losses(found).entries()) expect(loss).toBeCloseTo(losses(expected)[index]!, 3);
  };
  let one: Results;

  beforeAll(async () => {
    write('torch', 1);
    one = await run('one');
  }, 900_000);

  it('has on four processes the losses of one, costs four times the hour, and continues its states on request', async () => {
    write('torch', 4);
    const four = await run('four');
    expect([one.trainer.units, four.trainer.units]).toEqual([1, 4]);
    expectLosses(four, one);
    const rates = ['one', 'four'].map((runs) => {
      const [line] = readFileSync(join(directory, runs, 'tiny/ledger.jsonl'), 'utf8').split('\n');
      return (JSON.parse(line!) as { price: { perHour: number } }).price.perHour;
    });
    expect(rates).toEqual([0.01, 0.04]);

    const continued = await run('one', '--reuse-from-other-processors');
    expect(losses(continued)).toEqual(losses(one));
    expect(JSON.stringify(continued.warnings)).toContain('trained in part or whole on another processor');
  });

  it.skipIf(olmoRefusal !== undefined)('has in OLMo-core on two processes the losses of PyTorch on one', async () => {
    write('olmo-core', 2);
    const olmo = await run('olmo');
    expect(olmo.trainer.engine).toMatch(/^OLMo-core /);
    expectLosses(olmo, one);
  });
});
