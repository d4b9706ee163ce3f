import { RandomStream } from '@branchline/core';
import { headSize, type InitialStds, initialStd, type ModelSpec } from './spec.js';

/** Role of a parameter; determines its initialization and whether weight decay applies. */
export type ParameterKind = 'embedding' | 'matrix' | 'residual' | 'norm';

/**
 * Classes of parameters whose rate, weight decay and epsilon have a factor of their own in `OptimizerSpec.groups`:
 *
 * - `embedding`: the token embedding, also if it is the output matrix too;
 * - `hidden`: the matrices of the layers, but for routers and experts;
 * - `router`, `expert`: those of a mixture of experts;
 * - `norm`: the norm gains of the layers;
 * - `outputNorm`: the gain of the last norm;
 * - `output`: the output matrix, if it is not the embedding.
 */
export const PARAMETER_CLASSES = ['embedding', 'hidden', 'router', 'expert', 'norm', 'outputNorm', 'output'] as const;

/** Name of a class of parameters. */
export type ParameterClass = (typeof PARAMETER_CLASSES)[number];

/** The part of a mixture-of-experts layer that a parameter belongs to. */
export type ParameterPart = 'router' | 'expert';

/** A trainable array. */
export interface Parameter {
  /** Its name in checkpoints of `LlamaForCausalLM`, with experts of `MixtralForCausalLM`, of `transformers`. */
  readonly name: string;
  /** Row-major; matrices are `[out, in]`, applied as `x @ W^T`. */
  readonly shape: readonly number[];
  /** `residual` matrices write into the residual stream (`o_proj`, `down_proj`). */
  readonly kind: ParameterKind;
  /** Absent outside of mixture-of-experts layers, and for their norms. */
  readonly part?: ParameterPart;
}

/**
 * Trainable arrays in the order of `LlamaForCausalLM.state_dict()`, in which every trainer stores them. With experts,
 * those of a layer stand where its SwiGLU block was: `w1`, `w2` and `w3` of an expert are its gate, down and up
 * projections.
 */
export function parameterTable(spec: ModelSpec): readonly Parameter[] {
  const { width, hidden, vocabulary } = spec;
  const kv = spec.kvHeads * headSize(spec);
  const table: Parameter[] = [{ name: 'model.embed_tokens.weight', shape: [vocabulary, width], kind: 'embedding' }];
  for (let layer = 0; layer < spec.layers; layer++) {
    const add = (name: string, shape: number[], kind: ParameterKind, part?: ParameterPart) =>
      table.push({ name: `model.layers.${layer}.${name}.weight`, shape, kind, ...(part && { part }) });
    add('self_attn.q_proj', [width, width], 'matrix');
    add('self_attn.k_proj', [kv, width], 'matrix');
    add('self_attn.v_proj', [kv, width], 'matrix');
    add('self_attn.o_proj', [width, width], 'residual');
    if (spec.experts === undefined) {
      add('mlp.gate_proj', [hidden, width], 'matrix');
      add('mlp.up_proj', [hidden, width], 'matrix');
      add('mlp.down_proj', [width, hidden], 'residual');
    } else {
      add('block_sparse_moe.gate', [spec.experts.count, width], 'matrix', 'router');
      for (let expert = 0; expert < spec.experts.count; expert++) {
        const own = `block_sparse_moe.experts.${expert}`;
        add(`${own}.w1`, [hidden, width], 'matrix', 'expert');
        add(`${own}.w2`, [width, hidden], 'residual', 'expert');
        add(`${own}.w3`, [hidden, width], 'matrix', 'expert');
      }
    }
    add('input_layernorm', [width], 'norm');
    add('post_attention_layernorm', [width], 'norm');
  }
  table.push({ name: 'model.norm.weight', shape: [width], kind: 'norm' });
  if (!spec.tieEmbeddings) table.push({ name: 'lm_head.weight', shape: [vocabulary, width], kind: 'matrix' });
  return table;
}

/** The class of a parameter of the decoder. */
export function parameterClass({ name, kind, part }: Omit<Parameter, 'shape'>): ParameterClass {
  if (part !== undefined) return part;
  if (kind === 'embedding') return 'embedding';
  if (kind === 'norm') return name === 'model.norm.weight' ? 'outputNorm' : 'norm';
  return name === 'lm_head.weight' ? 'output' : 'hidden';
}

/** Classes of the parameters that a model has. */
export function classesOf(spec: ModelSpec): ReadonlySet<ParameterClass> {
  return new Set(parameterTable({ ...spec, layers: 1 }).map(parameterClass));
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Number of trainable scalars; a tied embedding counts once. */
export function parameterCount(spec: ModelSpec): number {
  return parameterTable(spec).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Number of trainable scalars outside of the embedding and the output matrix: the same for every vocabulary. */
export function nonEmbeddingCount(spec: ModelSpec): number {
  const { vocabulary, width, tieEmbeddings } = spec;
  return parameterCount(spec) - vocabulary * width * (tieEmbeddings ? 1 : 2);
}

/** Number of trainable scalars that a token uses: all but those of the experts that it is not given to. */
export function activeCount(spec: ModelSpec): number {
  const sizes = (wanted: boolean) =>
    parameterTable(spec).reduce(
      (sum, { shape, part }) => sum + ((part === 'expert') === wanted ? sizeOf(shape) : 0),
      0,
    );
  const { count, active } = spec.experts ?? { count: 1, active: 1 };
  // Experts have equal sizes.
  return sizes(false) + (sizes(true) / count) * active;
}

/**
 * Initial values, one array per row of `parameterTable`. A pure function of spec and seed: each parameter name has its
 * own counter-based random stream, so adding a layer does not change the others.
 *
 * Normal with standard deviation `initStd`; residual matrices are scaled by `1 / sqrt(2 * layers)` as in GPT-2 (Radford
 * et al., 2019, section 2.3), which keeps the variance of the residual stream independent of depth; norm gains are 1.
 * `init` of the spec replaces any of these deviations.
 */
export function initialize(spec: ModelSpec, seed: number): Float32Array<ArrayBuffer>[] {
  const arrays = parameterTable(spec).map(({ shape }) => new Float32Array(sizeOf(shape)));
  fillInitial(spec, seed, arrays);
  return arrays;
}

/** Writes the values of `initialize` to arrays of the caller, without a second copy of the model in memory. */
export function fillInitial(spec: ModelSpec, seed: number, arrays: readonly Float32Array[]): void {
  for (const [index, { name, kind }] of parameterTable(spec).entries()) {
    const values = arrays[index]!;
    if (kind === 'norm') values.fill(1);
    else {
      const std = initialStd(kindOfStd(name, kind), spec);
      fillNormal(values, std, new RandomStream(seed, `initialize/${name}`));
    }
  }
}

/** The kind of weights of a parameter, as `init` names it. */
function kindOfStd(name: string, kind: Exclude<ParameterKind, 'norm'>): keyof InitialStds {
  if (name === 'lm_head.weight') return 'output';
  return kind === 'matrix' ? 'hidden' : kind;
}

/** Box-Muller transform (1958): two uniform numbers give two independent normal ones. */
function fillNormal(values: Float32Array, std: number, random: RandomStream): void {
  for (let i = 0; i < values.length; i += 2) {
    // 1 - u lies in (0, 1], where the logarithm is finite.
    const radius = std * Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
