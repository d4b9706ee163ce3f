/** What an export says about the tokenizer. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { digestBytes } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { branchline } from './bin.js';

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json'];

/** A `tokenizer.json` of printable ASCII characters and an end of text that is not its first token. */
function characters(): string {
  const signs = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  const vocab = Object.fromEntries(['<unk>', ...signs, '\n', '[stop]'].map((token, id) => [token, id]));
  const stop = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return JSON.stringify({
    ...{ version: '1.0', truncation: null, padding: null, normalizer: null, pre_tokenizer: null },
    ...{ post_processor: null, decoder: null, added_tokens: [{ id: 97, content: '[stop]', ...stop }] },
    model: { type: 'BPE', unk_token: '<unk>', vocab, merges: [] },
  });
}

async function bench(directory: string, tokenizer: unknown): Promise<void> {
  writeTexts(directory, 60);
  const experiment = { ...TINY, data: { ...TINY.data, tokenizer }, strategies: { s: ['stable-only'] } };
  writeFileSync(join(directory, 'tiny.json'), JSON.stringify(experiment));
  const { code, stderr } = await branchline(directory, 'bench', 'tiny.json', '--no-report');
  expect([code, stderr]).toEqual([0, expect.any(String)]);
}

describe('store export', () => {
  it('copies the files of the tokenizer, with their digests and the token at which generation ends', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'tok'));
    const files = { 'tok.json': characters(), 'tokenizer_config.json': '{"eos_token":"[stop]","model_max_length":64}' };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, 'tok', name), content);
    await bench(directory, { file: 'tok/tok.json' });
    // The export has what was trained on, even if the original is gone.
    rmSync(join(directory, 'tok'), { recursive: true });
    const ended = await branchline(directory, 'store', 'export', 'runs/tiny', 's', '--out', 'out');
    expect(ended).toMatchObject({ code: 0 });
    const names = ['config.json', 'generation_config.json', 'lineage.json', 'model.safetensors', ...TOKENIZER];
    expect(readdirSync(join(directory, 'out')).sort()).toEqual(names);
    expect(readFileSync(join(directory, 'out', 'tokenizer.json'), 'utf8')).toBe(files['tok.json']);
    expect(readFileSync(join(directory, 'out', 'tokenizer_config.json'), 'utf8')).toBe(files['tokenizer_config.json']);
    expect(ended.stdout).toContain(join('out', 'tokenizer.json'));
    expect(read(join(directory, 'out', 'config.json'))).toMatchObject({ eos_token_id: 97, vocab_size: 98 });
    const digests = [
      { name: 'tokenizer.json', digest: digestBytes(Buffer.from(files['tok.json'])) },
      { name: 'tokenizer_config.json', digest: digestBytes(Buffer.from(files['tokenizer_config.json'])) },
    ];
    expect(read(join(directory, 'out', 'lineage.json'))).toMatchObject({
      data: { tokenizer: { endOfDocument: 97, files: digests } },
    });

    const kept = join(directory, 'runs', '.data', 'tokenizers');
    for (const name of readdirSync(kept)) writeFileSync(join(kept, name), 'changed');
    const damaged = await branchline(directory, 'store', 'export', 'runs/tiny', 's', '--out', 'other');
    expect([damaged.code, damaged.stderr]).toEqual([5, expect.stringContaining('is damaged')]);
    expect(damaged.stderr).toContain('Run the experiment again');
  });

  it('ends generation at 256 with bytes, and has a tokenizer of bytes', async () => {
    const directory = folder();
    await bench(directory, 'bytes');
    expect(await branchline(directory, 'store', 'export', 'runs/tiny', 's', '--out', 'out')).toMatchObject({ code: 0 });
    expect(readdirSync(join(directory, 'out'))).toEqual(expect.arrayContaining(TOKENIZER));
    expect(read(join(directory, 'out', 'generation_config.json'))).toMatchObject({ eos_token_id: 256 });
    expect(read(join(directory, 'out', 'config.json'))).toMatchObject({ eos_token_id: 256 });
    expect(read(join(directory, 'out', 'lineage.json'))).toMatchObject({
      data: { tokenizer: { name: 'bytes', endOfDocument: 256, files: TOKENIZER.map((name) => ({ name })) } },
    });
  });
});
