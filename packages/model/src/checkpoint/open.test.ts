import { mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestJson, type JsonValue } from '@branchline/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Written, writeCheckpoint } from '../../test/checkpoints.js';
import { describeModel } from '../cost.js';
import { activeCount, parameterTable } from '../parameters.js';
import { modelSchema } from '../spec.js';
import { storedArrays } from '../transformers.js';
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
  const error = await openCheckpoint(folder, { context }).then(
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
    await expect(openCheckpoint(folder, { context: 48 })).resolves.toMatchObject({ spec: { context: 48 } });
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
    ['no architecture', { model_type: undefined }, /has no model_type/],
    ['quantization', { quantization_config: { bits: 4 } }, /is quantized/],
    ['another quantized architecture', { model_type: 'qwen2', quantization_config: { bits: 4 } }, /is quantized/],
    [
      'an encoder',
      { model_type: 'bert', architectures: ['BertForMaskedLM'] },
      /is a BertForMaskedLM, not a causal language model/,
    ],
    ['another architecture without a vocabulary', { model_type: 'qwen2', vocab_size: undefined }, /has no vocab_size/],
    ['heads that do not divide', { num_key_value_heads: 3 }, /not a multiple of num_key_value_heads 3/],
    ['a missing size', { hidden_size: undefined }, /has no hidden_size/],
    ['a size of another kind', { num_hidden_layers: 'two' }, /num_hidden_layers "two"/],
    [
      'a width that heads do not divide',
      { num_attention_heads: 3, num_key_value_heads: 3, head_dim: undefined },
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

  it.each<[string, Record<string, JsonValue | undefined>, RegExp]>([
    ['another architecture', { model_type: 'qwen2' }, /^is of the type qwen2$/],
    ['biases', { attention_bias: true }, /biases/],
    ['scaled positions', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, /scales rotary positions \(llama3\)/],
    ['a window', { model_type: 'mistral', sliding_window: 16 }, /sliding window of 16/],
    ['a head size of its own', { head_dim: 8 }, /head_dim of 8/],
    [
      'scaled positions in an old key',
      { rope_parameters: { rope_type: 'default' }, rope_scaling: { type: 'linear' } },
      /linear/,
    ],
  ])('keeps as it is what the decoder family lacks: %s', async (_, config, reason) => {
    write({ config });
    const found = await openCheckpoint(folder);
    expect(found.reasons.join()).toMatch(reason);
    const kept = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, JsonValue>;
    for (const key of ['architectures', 'torch_dtype']) delete kept[key];
    const arrays = Object.fromEntries(parameterTable(spec).map(({ name, shape }) => [name, shape]));
    expect(found.spec).toEqual({ kind: 'transformers', config: kept, arrays, context: 64, vocabulary: 50 });
  });

  it('gives another architecture the same description, whatever changes no result', async () => {
    write({ config: { model_type: 'qwen2' } });
    const [first, arrays] = [(await openCheckpoint(folder)).spec, folder];
    rmSync(join(arrays, 'model.safetensors'));
    write({ dtype: 'BF16', shards: 3, config: { model_type: 'qwen2', dtype: 'bfloat16', _name_or_path: 'here' } });
    const { spec: second } = await openCheckpoint(folder);
    expect(digestJson({ ...second })).toBe(digestJson({ ...first }));
    expect(storedArrays(second)).toEqual(storedArrays(first));
  });

  it.each([
    ['max_position_embeddings', 32],
    ['n_positions', 32],
    ['seq_length', 32],
  ])('finds the positions of other architectures: %s', async (key, positions) => {
    write({ config: { model_type: 'gizmo', max_position_embeddings: undefined, [key]: positions } });
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ spec: { context: positions } });
    expect(await problems(positions + 1)).toEqual([expect.stringContaining(`allows ${positions} tokens (${key})`)]);
  });

  it('takes any context where a config names no positions', async () => {
    write({ config: { model_type: 'bloom', max_position_embeddings: undefined } });
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ spec: { context: 1024 } });
    await expect(openCheckpoint(folder, { context: 5000 })).resolves.toMatchObject({ spec: { context: 5000 } });
  });

  it('leaves out what transformers computes: masks, rotary frequencies and the copy of tied embeddings', async () => {
    const extra = (name: string, shape: number[]) => ({
      ...{ name, shape, dtype: 'F32' as const },
      data: new Uint8Array(4 * shape.reduce((product, length) => product * length, 1)),
    });
    const computed = [
      extra('h.0.attn.bias', [1, 1, 4, 4]),
      extra('h.0.attn.masked_bias', []),
      extra('h.0.attention.rotary_emb.inv_freq', [2]),
    ];
    const kept = extra('h.0.attn.c_attn.bias', [12]);
    const arrays = () => [...computed, kept, extra('lm_head.weight', [50, 16])];
    write({ arrays, config: { model_type: 'gpt2', tie_word_embeddings: true } });
    await expect(openCheckpoint(folder)).resolves.toMatchObject({ spec: { arrays: { [kept.name]: [12] } } });
    const names = async () => storedArrays((await openCheckpoint(folder)).spec).map(({ name }) => name);
    expect(await names()).toEqual([kept.name]);
    write({ arrays, config: { model_type: 'gpt2', tie_word_embeddings: false } });
    expect(await names()).toEqual([kept.name, 'lm_head.weight']);
  });

  it('refuses arrays of another architecture that hold no floats', async () => {
    write({ config: { model_type: 'qwen2' }, arrays: (all) => all.slice(0, 2) });
    const file = join(folder, 'model.safetensors');
    writeFileSync(file, Buffer.from(readFileSync(file).toString('latin1').replace('"F32"', '"I32"'), 'latin1'));
    expect(await problems()).toEqual([expect.stringMatching(/holds? no floats: .*which is I32/)]);
  });

  it('takes Mixtral for a decoder where the weight of its load-balancing loss is given', async () => {
    const mixture = modelSchema.parse({ ...spec, experts: { count: 3, balance: 0.02 } });
    writeCheckpoint(folder, mixture);
    const { initStd: _, ...same } = mixture;
    const balanced = await openCheckpoint(folder, { balance: 0.02 });
    expect(balanced.spec).toMatchObject(same);
    expect(describeModel(balanced.spec).activeParameters).toBe(activeCount(mixture));
    const kept = await openCheckpoint(folder);
    expect(kept).toMatchObject({ spec: { kind: 'transformers' }, reasons: ['is of the type mixtral'] });
    writeCheckpoint(folder, mixture, { config: { rms_norm_eps: undefined, rope_theta: undefined } });
    await expect(openCheckpoint(folder, { balance: 0 })).resolves.toMatchObject({
      spec: { normEpsilon: 1e-5, ropeTheta: 1e6, experts: { count: 3, active: 2, balance: 0 } },
    });
  });

  it.each<[string, Record<string, JsonValue | undefined>, string]>([
    ['a model without experts', { model_type: 'llama' }, 'has no experts, and'],
    ['another architecture', { model_type: 'qwen2' }, 'is of the type qwen2, and'],
    ['a window', { sliding_window: 16 }, 'has a sliding window of 16 tokens, and'],
    ['one expert for a token', { num_experts_per_tok: 1 }, 'gives a token to one expert only, and'],
    ['more active experts than there are', { num_experts_per_tok: 4 }, '4 is more than the 3 experts'],
    ['other experts than its weights', { num_local_experts: 4 }, 'lacks model.layers.0.block_sparse_moe.experts.3.w1'],
  ])('refuses the weight of a load-balancing loss for %s', async (_, config, message) => {
    writeCheckpoint(folder, modelSchema.parse({ ...spec, experts: { count: 3 } }), { config });
    const error = await openCheckpoint(folder, { balance: 0.1 }).catch((thrown: unknown) => thrown as CheckpointError);
    expect((error as CheckpointError).problems.map((problem) => problem.message).join()).toContain(message);
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
    const long = await openCheckpoint(folder, { context: 65 }).catch((thrown: unknown) => thrown as CheckpointError);
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
