import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeModel, flopsPerToken } from './cost.js';
import { expertsSchema } from './experts.js';
import { huggingFaceConfig } from './hugging-face.js';
import { factorsOf, optimizerSchema } from './optimizer.js';
import { classesOf, PARAMETER_CLASSES, parameterClass, parameterCount, parameterTable, sizeOf } from './parameters.js';
import { modelOptionsSchema, modelSchema, withVocabulary } from './spec.js';

const small = { layers: 2, width: 24, heads: 4, context: 16, vocabulary: 11 };

const issues = (input: unknown) =>
  modelSchema.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('modelSchema', () => {
  it('fills in defaults, including those that depend on other keys', () => {
    expect(modelSchema.parse(small)).toEqual({
      ...small,
      kvHeads: 4,
      hidden: 64,
      tieEmbeddings: true,
      ropeTheta: 10_000,
      normEpsilon: 1e-5,
      initStd: 0.02,
    });
    expect(modelSchema.parse({ ...small, width: 96 }).hidden).toBe(256);
    expect(modelSchema.parse({ ...small, width: 100, heads: 10 }).hidden).toBe(272);
  });

  it('returns a complete spec unchanged', () => {
    const spec = modelSchema.parse({ ...small, kvHeads: 2, hidden: 50, tieEmbeddings: false });
    expect(modelSchema.parse(spec)).toEqual(spec);
  });

  it('reports each violated constraint at the key to change', () => {
    expect(issues({ ...small, width: 25 })).toEqual(['width: width 25 is not a multiple of heads 4']);
    expect(issues({ ...small, width: 12, kvHeads: 3 })).toEqual([
      'heads: head size width / heads = 3 is odd; rotary positions need an even head size',
      'kvHeads: kvHeads 3 does not divide heads 4',
    ]);
    expect(issues({ ...small, depth: 3 }).join()).toContain('depth');
    expect(issues({ ...small, layers: 1.5, width: '96', initStd: 0 })).toEqual([
      'layers: 1.5 is not a whole number above 0',
      "width: '96' is not a whole number above 0",
      'initStd: 0 is not a number above 0',
    ]);
  });

  it('has one block in each layer, or experts', () => {
    expect(modelSchema.parse({ ...small, experts: undefined })).not.toHaveProperty('experts');
    const mixture = modelSchema.parse({ ...small, experts: { count: 8 } });
    expect(mixture).toMatchObject({ hidden: 64, experts: { count: 8, active: 2, balance: 0.01 } });
    expect(modelSchema.parse(mixture)).toEqual(mixture);
    expect(issues({ ...small, experts: { count: 1, active: 2 } })).toEqual([
      'experts.count: 1 is not a whole number, 2 or more',
    ]);
    expect(issues({ ...small, hidden: 0, experts: { count: 4, balance: -1, kind: 'soft' } })).toEqual([
      'hidden: 0 is not a whole number above 0',
      'experts.balance: -1 is not a number, 0 or more',
      expect.stringContaining('kind'),
    ]);
    expect(issues({ ...small, experts: { count: 4, active: 5 } })).toEqual([
      'experts.active: 5 is more than the 4 experts of count',
    ]);
    expect(issues({ ...small, experts: { count: 4, active: 1 } })).toEqual([
      'experts.active: 1 is not a whole number, 2 or more',
    ]);
  });

  it('describes every key', () => {
    for (const schema of [modelSchema, modelOptionsSchema, expertsSchema, optimizerSchema]) {
      const { properties } = z.toJSONSchema(schema, { io: 'input' });
      for (const [key, value] of Object.entries(properties ?? {})) {
        expect((value as { description?: string }).description, key).toBeTruthy();
      }
    }
  });

  it('drops multipliers and standard deviations that change nothing', () => {
    const same = { multipliers: { residual: 1, output: 1 }, init: { hidden: 0.02, residual: 0.01 } };
    expect(modelSchema.parse({ ...small, ...same })).toEqual(modelSchema.parse(small));
    expect(modelSchema.parse({ ...small, multipliers: {}, init: {} })).toEqual(modelSchema.parse(small));
    const own = { multipliers: { output: 0.5 }, init: { hidden: 0.01 } };
    const spec = modelSchema.parse({ ...small, multipliers: { output: 0.5, residual: 1 }, init: { hidden: 0.01 } });
    expect(spec).toEqual({ ...modelSchema.parse(small), ...own });
    expect(modelSchema.parse(spec)).toEqual(spec);
    expect(issues({ ...small, multipliers: { output: 0, depth: 1 } })).toEqual([
      'multipliers.output: 0 is not a number above 0',
      expect.stringContaining('depth'),
    ]);
    expect(issues({ ...small, init: { output: 0.1 } })).toEqual([
      'init.output: the output matrix is the embedding; set tieEmbeddings to false, or leave init.output out',
    ]);
  });

  it('takes the vocabulary from a tokenizer', () => {
    const { vocabulary, ...options } = small;
    expect(withVocabulary(modelOptionsSchema.parse(options), vocabulary)).toEqual(modelSchema.parse(small));
  });
});

describe('optimizerSchema', () => {
  it('has the defaults of AdamW for language models', () => {
    expect(optimizerSchema.parse({})).toEqual({
      name: 'adamw',
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      weightDecay: 0.1,
      clipNorm: 1,
    });
    const { error } = optimizerSchema.safeParse({ beta1: 1, weightDecay: -1 });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      '1 is not a number from 0 to below 1',
      '-1 is not a number, 0 or more',
    ]);
  });

  it('keeps factors that differ from 1, and nothing else', () => {
    const groups = { embedding: { rate: 1 }, hidden: { rate: 0.5, epsilon: 1 }, norm: {}, output: { weightDecay: 0 } };
    expect(optimizerSchema.parse({ groups }).groups).toEqual({ hidden: { rate: 0.5 }, output: { weightDecay: 0 } });
    expect(optimizerSchema.parse({ groups: { norm: { rate: 1 } } })).toEqual(optimizerSchema.parse({}));
    const { error } = optimizerSchema.safeParse({
      groups: { hidden: { rate: 0 }, norm: { weightDecay: 2 }, bias: {} },
    });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['groups.hidden.rate', 'groups.norm', 'groups']);
  });

  it('finds the factors of a parameter by its class', () => {
    const { groups } = optimizerSchema.parse({ groups: { hidden: { rate: 0.5 }, outputNorm: { epsilon: 2 } } });
    const spec = modelSchema.parse({ ...small, tieEmbeddings: false });
    const of = new Map(parameterTable(spec).map((row) => [row.name, [parameterClass(row), factorsOf(row, groups)]]));
    const one = { rate: 1, weightDecay: 1, epsilon: 1 };
    expect(of.get('model.embed_tokens.weight')).toEqual(['embedding', one]);
    expect(of.get('model.layers.1.mlp.down_proj.weight')).toEqual(['hidden', { ...one, rate: 0.5 }]);
    expect(of.get('model.layers.0.input_layernorm.weight')).toEqual(['norm', one]);
    expect(of.get('model.norm.weight')).toEqual(['outputNorm', { ...one, epsilon: 2 }]);
    expect(of.get('lm_head.weight')).toEqual(['output', one]);
    const mixture = { ...spec, experts: { count: 2, active: 2, balance: 0 } };
    expect([...classesOf(mixture)].sort()).toEqual([...PARAMETER_CLASSES].sort());
    expect(classesOf(spec)).toEqual(new Set(['embedding', 'hidden', 'norm', 'outputNorm', 'output']));
    expect(classesOf(modelSchema.parse(small)).has('output')).toBe(false);
  });
});

describe('counts', () => {
  it('counts parameters as Llama does', () => {
    // TinyLlama-1.1B, as published: 1,100,048,384 parameters.
    const tinyLlama = modelSchema.parse({
      layers: 22,
      width: 2048,
      heads: 32,
      kvHeads: 4,
      hidden: 5632,
      context: 2048,
      vocabulary: 32_000,
      tieEmbeddings: false,
    });
    expect(parameterCount(tinyLlama)).toBe(1_100_048_384);
  });

  it('counts 6 FLOPs per weight in a matrix product and 12 per layer, position and channel', () => {
    for (const tieEmbeddings of [true, false]) {
      const spec = modelSchema.parse({ ...small, kvHeads: 2, tieEmbeddings });
      const multiplied = parameterTable(spec)
        .filter(({ kind }) => kind !== 'norm' && (tieEmbeddings || kind !== 'embedding'))
        .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      expect(flopsPerToken(spec)).toBe(6 * multiplied + 12 * spec.layers * spec.context * spec.width);
    }
  });

  it('counts the parameters of Mixtral, those that a token uses, and the FLOPs of these', () => {
    // Mixtral 8x7B, as published: 46.7B parameters, 12.9B for each token.
    const mixtral = modelSchema.parse({
      ...{ layers: 32, width: 4096, heads: 32, kvHeads: 8, hidden: 14_336, context: 1024, vocabulary: 32_000 },
      ...{ tieEmbeddings: false, experts: { count: 8 } },
    });
    expect(parameterCount(mixtral)).toBe(46_702_792_704);
    expect(describeModel(mixtral)).toMatchObject({ parameters: 46_702_792_704, activeParameters: 12_879_925_248 });
    const spec = modelSchema.parse({ ...small, experts: { count: 4, active: 3 } });
    const multiplied = parameterTable(spec)
      .filter(({ kind }) => kind !== 'norm')
      .reduce((sum, { shape, part }) => sum + (part === 'expert' ? 3 / 4 : 1) * sizeOf(shape), 0);
    expect(flopsPerToken(spec)).toBe(6 * multiplied + 12 * spec.layers * spec.context * spec.width);
    expect(describeModel(modelSchema.parse(small))).not.toHaveProperty('activeParameters');
  });

  it('rejects a count beyond the exact range', () => {
    expect(() => flopsPerToken(modelSchema.parse({ ...small, layers: 1e9, width: 4e4 }))).toThrow(RangeError);
  });

  it('describes a model for the kernel, as JSON', () => {
    const spec = modelSchema.parse(small);
    const description = describeModel(spec);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description).toMatchObject({ spec, context: 16, parameters: parameterCount(spec) });
  });
});

describe('huggingFaceConfig', () => {
  it('contains every key of the spec that affects the forward pass', () => {
    const base = modelSchema.parse(small);
    const changes: Partial<typeof base>[] = [
      { layers: 3 },
      { width: 48 },
      { heads: 2, kvHeads: 2 },
      { kvHeads: 2 },
      { hidden: 80 },
      { context: 32 },
      { vocabulary: 12 },
      { tieEmbeddings: false },
      { ropeTheta: 5e5 },
      { normEpsilon: 1e-6 },
      ...(['embedding', 'residual', 'attention', 'output'] as const).map((key) => ({ multipliers: { [key]: 0.5 } })),
      { experts: { count: 4, active: 2, balance: 0 } },
    ];
    for (const change of changes) {
      expect(huggingFaceConfig({ ...base, ...change })).not.toEqual(huggingFaceConfig(base));
    }
    expect(huggingFaceConfig(base, 2)).toMatchObject({ eos_token_id: 2 });
    expect(huggingFaceConfig(base)).toMatchObject({ eos_token_id: null });
  });

  it('is that of a Granite for a model with multipliers, whose heads have a size of 6', () => {
    const multipliers = { residual: 0.5, attention: 2, output: 0.25 };
    expect(huggingFaceConfig({ ...modelSchema.parse(small), multipliers })).toMatchObject({
      ...{ architectures: ['GraniteForCausalLM'], model_type: 'granite', embedding_multiplier: 1 },
      ...{ residual_multiplier: 0.5, attention_multiplier: 2 / Math.sqrt(6), logits_scaling: 4 },
    });
    expect(huggingFaceConfig(modelSchema.parse(small))).not.toHaveProperty('logits_scaling');
  });
});
