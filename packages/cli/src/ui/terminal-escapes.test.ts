/** Malicious texts: all output is escaped, so that a terminal executes no control sequences. */
import { stripVTControlCharacters } from 'node:util';
import type { PlanSummary } from '@branchline/api';
import { BranchlineError, type Segment } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { RELEASE } from '../../test/events.js';
import { showFailure } from './failure.js';
import { planText } from './plan-text.js';
import { printable, printableAll } from './printable.js';
import { type Output, Progress } from './progress.js';
import { resultsNotes, resultsTable, resultsText } from './results-table.js';
import { styleFor } from './style.js';
import { table } from './table.js';

const EVIL = 'a\u001b[2J\u001b]0;title\u0007\u009b31m\r\b\u202eb\u2028c\u0000\u007f\nd';
const SHOWN = 'a\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\u000d\\u0008\\u202eb\\u2028c\\u0000\\u007f';
const plain = styleFor({ isTTY: false } as NodeJS.WriteStream);

/** Expects no control characters except line feeds. */
function expectOnlyText(text: string): void {
  expect(text).not.toMatch(/[^\n\P{Cc}]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
}

it('control characters of any text are escaped, and visible characters are unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expectOnlyText(printable(text));
      expect(printable(printable(text))).toBe(printable(text));
    }),
    { seed: 1, numRuns: 1000 },
  );
  for (const text of ['path switching', '学习率路径', 'مسار', '\u{1f469}\u200d\u{1f680}', 'a\nb', ''])
    expect(printable(text)).toBe(text);
  expect(printableAll({ [EVIL]: [EVIL, 1, null] })).toEqual({ [`${SHOWN}\nd`]: [`${SHOWN}\nd`, 1, null] });
});

it('a cell of a table is one line, and keeps its colours', () => {
  const coloured = { bold: (text: string) => `\u001b[1m${text}\u001b[22m`, columns: 400 } as ReturnType<
    typeof styleFor
  >;
  const lines = table([EVIL, 'b'], [[`\u001b[32m${EVIL}\u001b[39m`, '1']], coloured).split('\n');
  expect(lines).toHaveLength(2);
  expectOnlyText(stripVTControlCharacters(lines.join('')));
  expect(lines[1]).toContain('\u001b[32ma');
});

it('plans, results, progress and failures escape names', () => {
  const written: string[] = [];
  const output = { isTTY: false, write: (chunk: string) => written.push(chunk) } as unknown as Output;
  let time = 0;
  const progress = new Progress(output, () => (time += 10_000));
  progress.onData({ stage: 'damaged', message: EVIL });
  progress.phase('reading');
  for (let draw = 0; draw < 3; draw++) progress.onData({ stage: 'pack', message: EVIL });
  progress.onEvent({ type: 'runStart', steps: 2, segments: 1, tokensPerStep: 1, releases: 1, seeds: 1 });
  const segment = { from: { position: 0 }, to: { position: 2 }, strategies: new Set([EVIL]) } as unknown as Segment;
  progress.onEvent({ type: 'segmentStart', segment, resumedAt: 0 });
  for (let step = 0; step < 2; step++) progress.onEvent({ type: 'step', segment, step, rate: 1, loss: 1, gradNorm: 1 });
  progress.onEvent({ ...RELEASE, strategy: EVIL });
  progress.onEvent({ type: 'warning', message: EVIL });
  progress.onEvent({ type: 'log', level: 'info', message: EVIL });

  const cost = { steps: 1, tokens: 1, flops: 1, deviceSeconds: 1, energyJoules: null, money: null };
  const versions = [{ index: 1, name: EVIL, sequences: 1, tokens: 1 }];
  const results = {
    baseline: EVIL,
    currency: EVIL,
    data: { versions },
    trainer: { predicted: { law: EVIL, interval: 0.01 } },
    strategies: [{ name: EVIL, cost: { standalone: cost, attributed: cost, ratioToBaseline: 1 }, releases: [] }],
    seeds: [1],
    graph: { segments: 1, tokensTrained: 1, tokensStandalone: 1 },
    actual: cost,
    averagingSaved: [{ strategy: EVIL, insteadOf: EVIL, branches: cost, extra: cost }],
  } as unknown as Results;
  written.push(resultsTable(results, plain), resultsNotes(results));
  const claim = {
    ...{
      id: EVIL,
      claim: EVIL,
      terms: [{ strategy: EVIL }],
      expect: null,
      margin: null,
      seeds: [1, 2],
      values: [1, 2],
    },
    ...{ effect: 1, interval: { low: 0, high: 2, confidence: 0.9 }, verdict: 'undecided', reason: EVIL },
  };
  const comparison = {
    rule: { metric: { heldOut: EVIL }, version: 'last', margin: 1, confidence: 0.95, correction: 'holm', claims: [] },
    registration: { time: EVIL, releases: 1, of: 2, others: [] },
    comparisons: [claim, claim],
    claims: [claim],
  };
  const validation = [{ name: EVIL, tokens: 1, removed: { documents: 1, bytes: 1 }, loss: 1, bitsPerByte: 1 }];
  const release = { version: 1, loss: 1, bitsPerByte: 1, validation };
  const strategies = [1, 2].map((seed) => ({ ...results.strategies[0], seed, releases: [release] }));
  const data = { versions, validation };
  written.push(resultsText({ ...results, data, seeds: [1, 2], strategies, comparison } as unknown as Results, plain));

  const standardError = { loss: 1, difference: 1, needed: 2 };
  const fields = [{ field: EVIL, value: { [EVIL]: EVIL }, owner: EVIL, configPath: EVIL }];
  const path = { name: EVIL, begin: 0, end: 1, steps: 1, releases: true };
  const summary = {
    experiment: { name: EVIL, seeds: [1], baseline: EVIL },
    compare: {
      metric: { domain: EVIL },
      version: 'last',
      margin: 1,
      confidence: 0.95,
      correction: 'holm',
      claims: [{ id: EVIL, claim: EVIL, terms: [], expect: '> 0', margin: null }],
    },
    predicted: { law: EVIL, interval: 0.01 },
    model: { parameters: 1, context: 1, flopsPerToken: 1 },
    training: { batch: 1, lr: { [EVIL]: EVIL } },
    data: {
      ...{ versions, heldOut: { sequences: [1], parts: 1, standardError } },
      account: { documents: 1, read: 1, duplicate: 0, repeated: 0, heldOut: 0, evaluated: 0, train: 1, inSequences: 1 },
      skipped: [{ file: EVIL, reason: EVIL, count: 1, unit: 'line', first: [1] }],
      validation: [{ name: EVIL, sequences: 1, tokens: 1, removed: { documents: 1, bytes: 1 }, standardError }],
    },
    tasks: [{ name: EVIL, items: 1, tokens: 1 }],
    strategies: [
      {
        name: EVIL,
        plugins: [{ name: EVIL, version: EVIL, options: { [EVIL]: EVIL }, configPath: EVIL }],
        standalone: cost,
        ratioToBaseline: 1,
        versions: [{ version: 1, paths: [path], averaged: 1 }],
        explanation: [{ versions: [1], fields, forks: [{ name: EVIL, fields }] }],
      },
    ],
    open: [{ strategy: EVIL, message: EVIL, versions: [] }],
    graph: { ...cost, segments: 1, shared: 0, tokensStandalone: 1, saved: 0 },
    disk: { checkpoints: 1, bytes: 1 },
    time: null,
    budget: [],
    failures: [{ strategies: [EVIL], message: EVIL }],
    warnings: [{ message: EVIL, refuses: true }],
    stored: {
      versions: { arrived: [EVIL], changed: [EVIL], gone: [EVIL] },
      ...{ releases: { stored: 1, missing: 1 }, steps: { stored: 1, missing: 1 }, missingTokens: 1, missingTime: null },
      elsewhere: { processors: [EVIL], releases: 1, steps: 1 },
      why: [
        { strategy: EVIL, seed: 1, version: 1, difference: { what: 'basis', part: 'numerics', was: EVIL, is: EVIL } },
      ],
    },
  } as unknown as PlanSummary;
  written.push(planText(summary, plain, { why: true }));

  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(written.push(String(text))));
  showFailure(new BranchlineError('config', { plugin: EVIL, configPath: EVIL, message: EVIL, remedy: EVIL }), {
    json: false,
    debug: false,
  });
  showFailure(new Error(EVIL), { json: false, debug: false });
  spy.mockRestore();

  for (const text of written) expectOnlyText(text);
  expect(written.join('').split(SHOWN).length).toBeGreaterThan(20);
});
