import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { damageFile, targetOf } from './damage.ts';

const workspace = mkdtempSync(join(tmpdir(), 'branchline-damage-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

const key = 'a'.repeat(64);
const FILES = {
  [`.data/shards/${key}`]: 'tokens',
  [`.data/${key}/manifest.json`]: 'tokens',
  [`.data/read/${key}/tokens.bin`]: 'other',
  [`quick/checkpoints/${key}/manifest.json`]: 'manifest',
  [`quick/checkpoints/${key}/model.safetensors`]: 'checkpoint',
  'quick/ledger.jsonl': 'ledger',
  [`quick/metrics/${key}.json`]: 'metrics',
  [`quick/evaluations/${key}-1.json`]: 'metrics',
  'quick/results.json': 'other',
} as const;
const CONTENT = 'ten bytes.';
const read = (file: string) => readFileSync(join(workspace, 'runs', file));

beforeEach(() => {
  for (const file of Object.keys(FILES)) {
    mkdirSync(dirname(join(workspace, 'runs', file)), { recursive: true });
    writeFileSync(join(workspace, 'runs', file), CONTENT);
  }
});

describe('damage', () => {
  it('classifies every file', () => {
    for (const [file, target] of Object.entries(FILES)) expect(targetOf(file)).toBe(target);
  });

  it('truncates one file', async () => {
    const damage = { do: 'damage', target: 'ledger', form: 'truncate', file: 0.9, place: 0.35 } as const;
    expect(await damageFile(workspace, damage)).toMatchObject({ file: 'quick/ledger.jsonl' });
    expect(read('quick/ledger.jsonl').toString()).toBe('ten');
  });

  it('changes one bit of one file', async () => {
    const damage = { do: 'damage', target: 'checkpoint', form: 'flip', file: 0, place: 0.95 } as const;
    const { file } = (await damageFile(workspace, damage))!;
    const bytes = read(file);
    const changed = [...bytes].map((byte, index) => byte ^ CONTENT.charCodeAt(index));
    expect(changed.slice(0, 9)).toEqual(new Array(9).fill(0));
    expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(changed[9]);
    for (const other of Object.keys(FILES).filter((one) => one !== file)) expect(read(other).toString()).toBe(CONTENT);
  });

  it('does nothing in an empty folder', async () => {
    const damage = { do: 'damage', target: 'ledger', form: 'flip', file: 0, place: 0 } as const;
    writeFileSync(join(workspace, 'runs', 'quick/ledger.jsonl'), '');
    expect(await damageFile(workspace, damage)).toBeUndefined();
  });
});
