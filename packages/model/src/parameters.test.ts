import { digestBytes } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { initialize, nonEmbeddingCount, parameterCount, parameterTable, sizeOf } from './parameters.js';
import { modelSchema } from './spec.js';

const spec = modelSchema.parse({ layers: 2, width: 64, heads: 4, kvHeads: 2, context: 16, vocabulary: 101 });
const names = parameterTable(spec).map(({ name }) => name);

describe('parameterTable', () => {
  it('has the names and shapes of LlamaForCausalLM', () => {
    const table = Object.fromEntries(parameterTable(spec).map(({ name, shape }) => [name, shape]));
    expect(table['model.embed_tokens.weight']).toEqual([101, 64]);
    expect(table['model.layers.1.self_attn.k_proj.weight']).toEqual([32, 64]);
    expect(table['model.layers.1.mlp.gate_proj.weight']).toEqual([spec.hidden, 64]);
    expect(table['model.layers.1.mlp.down_proj.weight']).toEqual([64, spec.hidden]);
    expect(table['model.norm.weight']).toEqual([64]);
    expect(names).toHaveLength(1 + 2 * 9 + 1);
    expect(names).not.toContain('lm_head.weight');
    expect(parameterTable({ ...spec, tieEmbeddings: false }).at(-1)?.name).toBe('lm_head.weight');
  });
});

describe('parameterTable with experts', () => {
  it('has the names and shapes of MixtralForCausalLM, and says what is a router and what an expert', () => {
    const mixture = { ...spec, experts: { count: 3, active: 2, balance: 0 } };
    const own = parameterTable(mixture).filter(({ name }) => name.includes('layers.1.block_sparse_moe'));
    expect(own.map(({ name, part, kind }) => `${name.split('moe.')[1]} ${part} ${kind}`)).toEqual([
      'gate.weight router matrix',
      ...[0, 1, 2].flatMap((e) =>
        ['w1.weight expert matrix', 'w2.weight expert residual', 'w3.weight expert matrix'].map(
          (rest) => `experts.${e}.${rest}`,
        ),
      ),
    ]);
    expect(own[0]!.shape).toEqual([3, 64]);
    expect(own[2]!.shape).toEqual([64, spec.hidden]);
    expect(parameterTable(mixture)).toHaveLength(1 + 2 * (6 + 10) + 1);
    expect(parameterTable(mixture).some(({ name }) => name.includes('.mlp.'))).toBe(false);
  });
});

describe('nonEmbeddingCount', () => {
  it('counts everything but the embedding and the output matrix, so the vocabulary does not matter', () => {
    const large = { ...spec, vocabulary: 50_000 };
    expect(nonEmbeddingCount(spec)).toBe(parameterCount(spec) - 101 * 64);
    expect(nonEmbeddingCount(large)).toBe(nonEmbeddingCount(spec));
    expect(nonEmbeddingCount({ ...large, tieEmbeddings: false })).toBe(nonEmbeddingCount(spec));
  });
});

describe('initialize', () => {
  it('is reproducible and depends on the seed', () => {
    const digest = (seed: number) => initialize(spec, seed).map((values) => digestBytes(new Uint8Array(values.buffer)));
    expect(digest(1)).toEqual(digest(1));
    const [one, two] = [digest(1), digest(2)];
    for (const [i, { kind }] of parameterTable(spec).entries()) expect(one[i] === two[i]).toBe(kind === 'norm');
  });

  it('does not change from one release to the next', () => {
    // A change here invalidates every stored checkpoint; it must be intentional.
    const [embedding] = initialize(spec, 1);
    expect(digestBytes(new Uint8Array(embedding!.buffer)).slice(0, 16)).toMatchInlineSnapshot(`"8ac33d9d0c8079ac"`);
  });

  it('draws from a normal distribution, smaller for matrices that write into the residual stream', () => {
    const values = initialize(spec, 3);
    for (const [i, { kind, shape, name }] of parameterTable(spec).entries()) {
      const own = values[i]!;
      expect(own).toHaveLength(sizeOf(shape));
      if (kind === 'norm') {
        expect(new Set(own)).toEqual(new Set([1]));
        continue;
      }
      const expected = kind === 'residual' ? spec.initStd / 2 : spec.initStd;
      const mean = own.reduce((a, b) => a + b, 0) / own.length;
      const moment = (power: number) => own.reduce((a, b) => a + (b / expected) ** power, 0) / own.length;
      const error = 5 / Math.sqrt(own.length);
      expect(Math.abs(mean / expected), name).toBeLessThan(error);
      expect(Math.abs(moment(2) - 1), name).toBeLessThan(1.5 * error);
      expect(Math.abs(moment(4) - 3), name).toBeLessThan(10 * error);
    }
  });

  it('draws kinds of weights with standard deviations of their own', () => {
    const plain = { ...spec, tieEmbeddings: false };
    const init = { embedding: 0.04, hidden: 0.06, residual: 0.03, output: 0.1 };
    const [own, other] = [initialize({ ...plain, init }, 1), initialize(plain, 1)];
    for (const [i, { name, kind }] of parameterTable(plain).entries()) {
      const ratio = { embedding: 2, norm: 1, matrix: name === 'lm_head.weight' ? 5 : 3, residual: 3 }[kind];
      expect(own[i]![7]! / other[i]![7]!, name).toBeCloseTo(ratio, 5);
    }
  });

  it('keeps the values of existing layers when layers are added', () => {
    const deep = { ...spec, layers: 3 };
    const at = (own: typeof spec) => parameterTable(own).findIndex(({ name }) => name.endsWith('1.mlp.up_proj.weight'));
    expect(initialize(deep, 1)[at(deep)]).toEqual(initialize(spec, 1)[at(spec)]);
  });
});
