/** Aborting a preparation in every phase: it ends soon, with one error, and leaves no unfinished files. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { BranchlineError } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, prepare } from '../test/corpus.js';
import { write } from '../test/fixtures.js';
import { type DataConfig, defineScorer, prepareData } from './index.js';
import type { DataProgress } from './sequences/write-sequences.js';
import { untilAborted } from './storage/interrupt.js';

/** Prepares and aborts when `when` says so; expects an error of an interrupted preparation. */
async function aborted(
  base: string,
  config: DataConfig,
  when: (progress: DataProgress, abort: () => void) => void,
): Promise<void> {
  const controller = new AbortController();
  const error = await prepareData(config, {
    ...{ context: 32, baseDirectory: base, cacheDirectory: path.join(base, 'cache'), signal: controller.signal },
    onProgress: (progress) => when(progress, () => controller.abort()),
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BranchlineError);
  expect((error as BranchlineError).code).toBe('interrupted');
  const cache = path.join(base, 'cache');
  const left = existsSync(cache) ? readdirSync(cache).filter((name) => name.includes('.tmp-')) : [];
  expect(left).toEqual([]);
}

const versions = { by: 'random', count: 2 } as const;
const config: DataConfig = { sources: [FIELDS], versions, deduplicate: { near: 0.8 } };

describe('an abort is heard', () => {
  test.each(['find', 'read', 'sort', 'pack'] as const)('at the start of the phase "%s"', async (stage) => {
    const base = fixture();
    const phases: string[] = [];
    await aborted(base, config, (progress, abort) => {
      phases.push(progress.stage);
      if (progress.stage === stage) abort();
    });
    // No later phase begins.
    expect(phases.at(-1)).toBe(stage);
  });

  test('while a prepared corpus is verified', async () => {
    const base = fixture();
    const { data } = await prepare(base, config);
    data.close();
    await aborted(base, config, ({ stage }, abort) => {
      if (stage === 'verify') abort();
    });
    expect(existsSync(data.directory)).toBe(true);
  });

  test('while a scorer is fitted and while it scores, even if it never ends', async () => {
    const never = () => new Promise<never>(() => {});
    const scorers = [
      defineScorer({ name: 'fits', version: '1', fit: never, score: () => [] }),
      defineScorer({ name: 'scores', version: '1', score: never }),
    ];
    for (const score of scorers)
      await aborted(fixture(), { ...config, score: score }, ({ stage }, abort) => {
        if (stage === 'find') setTimeout(abort, 300);
      });
  });

  test('while one long text is read, compared and encoded', { timeout: 300_000 }, async () => {
    const base = fixture();
    const words = Array.from({ length: 1_500_000 }, (_, index) => `w${(index * 7919) % 65_537}`);
    write(base, { 'long.txt': words.join(' ') });
    for (const tokenizer of ['bytes', { tiktoken: 'gpt2' }] as const) {
      let abortedAt = 0;
      const long = { ...config, sources: ['long.txt'], tokenizer };
      await aborted(base, long, ({ stage }, abort) => {
        if (stage !== 'find') return;
        setTimeout(() => {
          abortedAt = performance.now();
          abort();
        }, 400);
      });
      // Generous, for a busy machine: without pauses, this takes tens of seconds there.
      expect(performance.now() - abortedAt).toBeLessThan(10_000);
    }
  });
});

test('work that was aborted may fail later, unheard', async () => {
  const controller = new AbortController();
  const failing = new Promise<never>((_, reject) => {
    setImmediate(() => setImmediate(() => reject(new Error('late'))));
  });
  setImmediate(() => controller.abort(new Error('stop')));
  await expect(untilAborted(failing, controller.signal)).rejects.toThrow('stop');
  await expect(untilAborted(Promise.resolve(1), controller.signal)).rejects.toThrow('stop');
  await expect(untilAborted(Promise.resolve(1), undefined)).resolves.toBe(1);
});
