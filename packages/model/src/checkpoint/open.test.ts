import { mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@branchline/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Written, writeCheckpoint } from '../../test/checkpoints.js';
import { modelSchema } from '../spec.js';
import { CheckpointError, openCheckpoint } from './open.js';

const spec = modelSchema.parse({ layers: 1, width: 16, heads: 4, kvHeads: 2, context: 64, vocabulary: 50 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'branchline-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (written?: Written) => writeCheckpoint(folder, spec, written);
/** All problems of the folder. */
async function problems(context?: number): Promise<readonly string[]> {
  const error = await openCheckpoint(folder, context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  for (const { remedy } of (error as CheckpointError).problems) expect(remedy).not.toBe('');
  return (error as CheckpointError).problems.map(({ message }) => message);
}

describe('opening a checkpoint', () => {
  it('finds the model, the tokenizer and the context', async () => {
    write();
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    const { initStd: _, ...same } = spec;
    await expect(openCheckpoint(folder)).resolves.toMatchObject({
      spec: same,
      tokenizer: join(folder, 'tokenizer.json'),
    });
    await expect(openCheckpoint(folder, 48)).resolves.toMatchObject({ spec: { context: 48 } });
    write({ config: { max_position_embeddings: 131_072 } });
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ spec: { context: 1024 } });
  });

  it('reads configs of older and newer versions of transformers, and mistral', async () => {
    const same: Record<string, JsonValue | undefined>[] = [
      { num_key_value_heads: 2, head_dim: undefined, rope_theta: 5000, rope_scaling: undefined },
      { rope_theta: undefined, rope_parameters: { rope_theta: 5000, rope_type: 'default' }, dtype: 'float32' },
      { rope_theta: 5000, model_type: 'mistral', sliding_window: null },
    ];
    for (const config of same) {
      write({ config });
      await expect(openCheckpoint(folder)).resolves.toMatchObject({ spec: { ropeTheta: 5000, kvHeads: 2 } });
    }
  });

  it('ignores rotary frequencies of old checkpoints, and the copy of tied embeddings', async () => {
    const extra = (name: string, shape: number[]) => ({
      ...{ name, shape, dtype: 'F32' as const },
      data: new Uint8Array(4 * shape.reduce((product, length) => product * length, 1)),
    });
    const tied = modelSchema.parse({ ...spec, tieEmbeddings: true });
    writeCheckpoint(folder, tied, {
      arrays: (all) => [
        ...all,
        extra('model.layers.0.self_attn.rotary_emb.inv_freq', [2]),
        extra('lm_head.weight', [50, 16]),
      ],
    });
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ spec: { tieEmbeddings: true } });
  });

  it.each<[string, Record<string, JsonValue | undefined>, RegExp]>([
    ['another architecture', { model_type: 'qwen2' }, /is of the type qwen2/],
    ['no architecture', { model_type: undefined }, /has no model_type/],
    ['biases', { attention_bias: true }, /biases/],
    ['scaled positions', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, /scales rotary positions \(llama3\)/],
    ['a window', { model_type: 'mistral', sliding_window: 16 }, /sliding window of 16/],
    ['quantization', { quantization_config: { bits: 4 } }, /is quantized/],
    ['a head size of its own', { head_dim: 8 }, /head_dim of 8/],
    [
      'scaled positions in an old key',
      { rope_parameters: { rope_type: 'default' }, rope_scaling: { type: 'linear' } },
      /linear/,
    ],
    ['heads that do not divide', { num_key_value_heads: 3 }, /not a multiple of num_key_value_heads 3/],
    ['a missing size', { hidden_size: undefined }, /has no hidden_size/],
    ['a size of another kind', { num_hidden_layers: 'two' }, /num_hidden_layers "two"/],
    [
      'a width that heads do not divide',
      { num_attention_heads: 3, num_key_value_heads: 3 },
      /hidden_size of 16, which is not a multiple of num_attention_heads 3/,
    ],
    [
      'another vocabulary than its weights',
      { vocab_size: 60 },
      /embed_tokens.weight, which is F32 \[50, 16\] instead of \[60, 16\]/,
    ],
    ['more layers than its weights', { num_hidden_layers: 2 }, /lacks model.layers.1/],
    ['fewer layers than its weights', { num_hidden_layers: 0 }, /num_hidden_layers 0/],
  ])('refuses %s', async (_, config, message) => {
    write({ config });
    expect((await problems()).join('\n')).toMatch(message);
  });

  it('refuses a context that is longer than the positions', async () => {
    write();
    expect(await problems(65)).toEqual([expect.stringContaining('allows 64 tokens')]);
  });

  it('reads the single file where an index was left behind, as transformers does', async () => {
    write({ shards: 2 });
    write();
    unlinkSync(join(folder, 'model-00001-of-00002.safetensors'));
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ files: [join(folder, 'model.safetensors')] });
  });

  it('says of each problem what to do about it', async () => {
    write({ config: { vocab_size: 60 } });
    const error = await openCheckpoint(folder).catch((thrown: unknown) => thrown as CheckpointError);
    expect((error as CheckpointError).problems[0]!.remedy).toContain('belongs to other weights');
    write();
    const long = await openCheckpoint(folder, 65).catch((thrown: unknown) => thrown as CheckpointError);
    expect((long as CheckpointError).problems[0]!.remedy).toBe('Set model.context to at most 64.');
  });

  it('names missing and incomplete files, all at once', async () => {
    write({ shards: 3 });
    unlinkSync(join(folder, 'model-00001-of-00003.safetensors'));
    truncateSync(join(folder, 'model-00002-of-00003.safetensors'), 200);
    const found = await problems();
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/model-00001-of-00003.safetensors is missing/);
    expect(found[1]).toMatch(/model-00002-of-00003.safetensors is not a complete safetensors file/);
  });

  it('refuses an index that names files elsewhere', async () => {
    write({ shards: 2 });
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map: { a: '../secret.safetensors' } }));
    expect(await problems()).toEqual([expect.stringContaining('weight_map')]);
  });

  it('says what lies in the way of a folder without weights, and of a path to anything else', async () => {
    write();
    unlinkSync(join(folder, 'model.safetensors'));
    writeFileSync(join(folder, 'pytorch_model.bin'), '');
    const error = await openCheckpoint(folder).catch((thrown: unknown) => thrown as CheckpointError);
    expect((error as CheckpointError).problems[0]!.remedy).toContain('Convert pytorch_model.bin');
    await expect(openCheckpoint(join(folder, 'no'))).rejects.toThrow(/there is no folder/);
    await expect(openCheckpoint(join(folder, 'config.json'))).rejects.toThrow(/is a file/);
    writeFileSync(join(folder, 'config.json'), '{');
    expect(await problems()).toEqual([expect.stringContaining('config.json cannot be read')]);
  });
});
