import { describe, expect, it } from 'vitest';
import { describeModel } from './cost.js';
import { modelSchema } from './spec.js';
import { parseDecoder, parseSpec, storedArrays, type TransformersSpec } from './transformers.js';

const spec = (arrays: Record<string, number[]>, config: TransformersSpec['config'] = {}): TransformersSpec => ({
  kind: 'transformers',
  config: { model_type: 'gizmo', ...config },
  arrays,
  context: 8,
  vocabulary: 50,
});

const embedded = { 'model.embed_tokens.weight': [50, 4] };
const flops = (arrays: Record<string, number[]>, config?: TransformersSpec['config']) =>
  describeModel(spec(arrays, config)).flopsPerToken;

describe('a model outside the decoder family', () => {
  it('is described by its arrays', () => {
    const arrays = { b: [2, 3], 'a.weight': [4], ...embedded };
    expect(describeModel(spec(arrays))).toEqual({
      spec: spec(arrays),
      parameters: 210,
      nonEmbeddingParameters: 10,
      context: 8,
      flopsPerToken: 6 * (6 + 200),
    });
    expect(storedArrays(spec(arrays)).map(({ name }) => name)).toEqual(['a.weight', 'b', 'model.embed_tokens.weight']);
  });

  it('counts the weights that multiply: no vectors, no positions, one matrix of the vocabulary', () => {
    expect(flops({ ...embedded, 'norm.weight': [4], 'q.bias': [4] })).toBe(6 * 200);
    expect(flops({ ...embedded, 'transformer.wpe.weight': [8, 4], 'h.0.mlp.weight': [4, 16] })).toBe(6 * 264);
    expect(flops({ ...embedded, 'lm_head.weight': [50, 4] })).toBe(6 * 200);
  });

  it.each([
    ['num_local_experts and num_experts_per_tok', { num_local_experts: 8, num_experts_per_tok: 2 }, 0.25],
    ['num_experts', { num_experts: 4, num_experts_per_tok: 2 }, 0.5],
    ['n_routed_experts', { n_routed_experts: 16, num_experts_per_tok: 4 }, 0.25],
    ['no numbers', {}, 1],
    ['a number only', { num_experts: 4 }, 1],
  ])('counts the active experts of a mixture: %s', (_, config, share) => {
    const shared = { 'layers.0.mlp.shared_experts.up.weight': [16, 4] };
    const experts = { 'layers.0.mlp.experts.gate_up_proj': [8, 16, 4] };
    expect(flops({ ...embedded, ...shared, ...experts }, config)).toBe(6 * (200 + 64 + share * 512));
  });

  it('survives JSON, and is refused by a trainer of decoders', () => {
    const own = spec(embedded);
    const read = JSON.parse(JSON.stringify(own)) as typeof own;
    expect(parseSpec(read)).toEqual(own);
    expect(() => parseDecoder(read, 'tfjs')).toThrow(/tfjs trainer trains decoders .* and this is a gizmo/);
    const decoder = modelSchema.parse({ layers: 1, width: 4, heads: 2, context: 8, vocabulary: 50 });
    expect(parseDecoder({ ...decoder }, 'tfjs')).toEqual(decoder);
    expect(() => parseSpec({ ...own, context: 0 })).toThrow('context');
    expect(() => parseSpec('none')).toThrow();
  });
});
