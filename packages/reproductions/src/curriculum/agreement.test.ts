import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Results } from '@branchline/evaluation';
import { expect, it, onTestFinished } from 'vitest';
import { agreementOf } from './agreement.js';

it('agreement is the rank correlation over texts that both corpora train on', () => {
  const cache = mkdtempSync(join(tmpdir(), 'branchline-agreement-'));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const corpus = (digest: string, scores: Readonly<Record<string, number>>) => {
    mkdirSync(join(cache, `key of ${digest}`));
    const documents = ['train', 'held-out'].map((split) => ({ digest: `${digest} ${split}` }));
    writeFileSync(join(cache, `key of ${digest}`, 'manifest.json'), JSON.stringify({ digest, documents }));
    const line = (text: string, split: string, score: number) =>
      `${JSON.stringify({ id: 'a file', digest: text, split, score })}\n`;
    const lines = Object.entries(scores).map(([text, score]) => line(text, 'train', score));
    mkdirSync(join(cache, 'shards'), { recursive: true });
    writeFileSync(join(cache, 'shards', `${digest} train`), lines.join(''));
    writeFileSync(join(cache, 'shards', `${digest} held-out`), line('held out', 'held-out', 9));
    return { data: { digest } } as Results;
  };
  const known = corpus('known', { a: 0.1, b: 0.2, c: 0.3, d: 0.4, e: 0.5 });
  const scored = corpus('scored', { c: 30, b: 10, e: 50, a: 20, d: 40 });
  mkdirSync(join(cache, 'downloads'));
  expect(agreementOf(cache, [known, scored])).toBeCloseTo(0.9, 12);
  expect(agreementOf(cache, [known, known])).toBe(1);
  expect(agreementOf(cache, [known, { data: { digest: 'gone' } } as Results])).toBeNull();
  expect(agreementOf(join(cache, 'nowhere'), [known, scored])).toBeNull();
});
