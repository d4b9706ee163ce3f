import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Damage } from './damage.ts';
import { type Evidence, EXIT_CODES, judge, type Observed } from './judge.ts';
import type { Kind } from './plan.ts';

const ended = (code: number | null, output = '', signal: NodeJS.Signals | null = null) => ({
  ...{ code, output, signal, stuck: false },
});
const AGAIN: Observed = { role: 'again', ended: ended(0) };
const SAME = { lost: [], unread: [], curves: [], stepsAgain: 0 };
const KEY = '0123456789abcdef'.repeat(4);
const DAMAGE: Damage = { target: 'checkpoint', file: `quick/checkpoints/${KEY}/model.safetensors`, what: 'cut' };

const HOSTS = {
  ...({ kind: 'two-hosts', number: 1, begin: 'text' } as const),
  actions: [{ do: 'hosts', first: 'killed', at: 5, skew: 0 }],
} as const;

const SECOND: Observed = { role: 'second', ended: ended(0) };

function verdictOf(kind: Kind, processes: readonly Observed[], more: Partial<Evidence> = {}) {
  const plan = { kind, number: 1, begin: 'text', actions: [] } as const;
  return judge({ plan, processes, strategies: ['a', 'b'], problems: [], differences: SAME, ...more });
}

const disturbed = (code: number | null, output = '', signal: NodeJS.Signals | null = null): Observed => ({
  ...{ role: 'disturbed', ended: ended(code, output, signal) },
});
const diskFailed = (code: number, output = ''): Observed => ({ ...disturbed(code, output), diskFailed: true });
const counted = (one: Observed, steps: number): Observed => ({
  ...one,
  ended: { ...one.ended, report: { moments: 0, steps, hit: [] } },
});
const KILLED: Observed = { ...disturbed(null, '', 'SIGKILL'), sent: 'SIGKILL' };

describe('a case', () => {
  it('accepts the documented exit codes', () => {
    const readme = readFileSync(new URL('../../../packages/cli/README.md', import.meta.url), 'utf8');
    const table = readme.slice(readme.indexOf('## Exit codes'));
    const documented = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(EXIT_CODES).toEqual(documented.filter((code) => code !== 70));
  });

  it('has continued if it was killed and reached the same results', () => {
    expect(verdictOf('SIGKILL', [KILLED, AGAIN]).outcome).toBe('continued');
    expect(verdictOf('SIGINT', [disturbed(130), AGAIN]).outcome).toBe('continued');
  });

  it('has refused if it said why', () => {
    expect(verdictOf('full-disk', [diskFailed(5, 'ENOSPC: no space'), AGAIN]).outcome).toBe('refused');
    expect(verdictOf('second-writer', [disturbed(0), { role: 'second', ended: ended(4) }, AGAIN]).outcome).toBe(
      'refused',
    );
    const output = 'failed strategy "a, c", step 3: the loss is NaN';
    expect(verdictOf('nan', [disturbed(1, output), AGAIN], { completed: ['b'] }).outcome).toBe('refused');
  });

  it('has continued if an update lost at most the steps since the last checkpoint', () => {
    const processes = [counted(KILLED, 20), counted({ ...disturbed(130), sent: 'SIGTERM' }, 11), counted(AGAIN, 33)];
    expect(verdictOf('growth', processes, { missingSteps: 58 }).outcome).toBe('continued');
  });

  it('was recomputed if the damage was named', () => {
    const output = `warning: checkpoints/${KEY}/model.safetensors is damaged`;
    const differences = { ...SAME, stepsAgain: 3 };
    const processes = [KILLED, { role: 'again', ended: ended(0, output) } as const];
    expect(verdictOf('damaged-checkpoint', processes, { damage: DAMAGE, differences }).outcome).toBe('recomputed');
    expect(verdictOf('damaged-checkpoint', [AGAIN], { damage: DAMAGE }).outcome).toBe('continued');
    const results: Damage = { target: 'other', file: 'quick/results.json', what: 'cut' };
    const mentioned = [{ role: 'again', ended: ended(0, 'results  runs/quick/results.json') } as const];
    expect(verdictOf('damaged-other', mentioned, { damage: results }).outcome).toBe('continued');
    const verified = [{ role: 'verify', ended: ended(5, `damaged checkpoint ${KEY.slice(0, 12)}`) } as const, AGAIN];
    expect(verdictOf('damaged-checkpoint', verified, { damage: DAMAGE }).outcome).toBe('recomputed');
  });

  it.each<[string, Kind, readonly Observed[], Partial<Evidence>]>([
    ['ends with an error of ours', 'SIGKILL', [disturbed(70), AGAIN], {}],
    ['ends with a code that does not fit', 'full-disk', [diskFailed(2, 'ENOSPC'), AGAIN], {}],
    ['does not say that the disk is full', 'full-disk', [diskFailed(5, 'no idea'), AGAIN], {}],
    ['refuses an update that only was killed', 'growth', [disturbed(5, 'no space'), AGAIN], {}],
    [
      'refuses an update after the disk has room',
      'growth',
      [{ role: 'again', ended: ended(5, 'no space') }, AGAIN],
      {},
    ],
    [
      ...(['computes steps of earlier versions', 'growth', [counted(KILLED, 20), counted(AGAIN, 53)]] as const),
      { missingSteps: 58 },
    ],
    [
      'dies of a signal that was not sent',
      'nan',
      [disturbed(null, 'strategy "a", step 1: x', 'SIGSEGV'), AGAIN],
      { completed: ['b'] },
    ],
    ['shows a stack trace', 'SIGKILL', [disturbed(0, 'Error: x\n    at f (file:///a.ts:1:2)\n'), AGAIN], {}],
    ['does not come to its end', 'damaged-ledger', [{ role: 'again', ended: ended(5) }], {}],
    ['succeeds only at the second try', 'SIGKILL', [{ role: 'again', ended: ended(5) }, AGAIN], {}],
    ['hangs', 'SIGTERM', [{ role: 'disturbed', ended: { ...ended(null), stuck: true } }, AGAIN], {}],
    ['comes to something else', 'SIGKILL', [AGAIN], { differences: { ...SAME, lost: ['other weights'] } }],
    ['has a release that was damaged', 'SIGKILL', [AGAIN], { differences: { ...SAME, unread: ['a, version 1'] } }],
    ['is verified without a word', 'SIGKILL', [{ role: 'verify', ended: ended(0) }, AGAIN], {}],
    ['has a ledger that does not verify', 'SIGKILL', [AGAIN], { problems: ['the ledger does not verify'] }],
    ['trains again for no reason', 'SIGKILL', [AGAIN], { differences: { ...SAME, stepsAgain: 1 } }],
    [
      ...(['recomputes in silence', 'damaged-checkpoint', [AGAIN]] as const),
      { damage: DAMAGE, differences: { ...SAME, stepsAgain: 3 } },
    ],
    [
      ...(['loses a curve in silence', 'damaged-metrics', [AGAIN]] as const),
      { damage: DAMAGE, differences: { ...SAME, curves: ['a'] } },
    ],
    [
      ...(['does not see what every run reads', 'damaged-ledger', [AGAIN]] as const),
      { damage: { target: 'ledger', file: 'quick/ledger.jsonl', what: 'cut' } },
    ],
    [
      ...(['waits for a dead machine', 'two-hosts', [{ role: 'second', ended: ended(4) }, KILLED, AGAIN]] as const),
      { plan: HOSTS },
    ],
    [
      ...(['takes a lock that is held', 'two-hosts', [disturbed(4, 'the lock was lost'), SECOND, AGAIN]] as const),
      { plan: HOSTS },
    ],
    ['does not name who failed', 'nan', [disturbed(1, 'strategy "a", step 3: no'), AGAIN], { completed: [] }],
    ['lets a NaN pass', 'nan', [disturbed(1), AGAIN], { completed: ['a', 'b'] }],
  ])('is lost if it %s', (_, kind, processes, more) => {
    const { outcome, complaints } = verdictOf(kind, processes, more);
    expect(outcome).toBe('lost');
    expect(complaints).toHaveLength(1);
  });
});
