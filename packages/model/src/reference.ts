import { parameterTable, sizeOf } from './parameters.js';
import { balanceOf, gatesOf, usedExperts } from './reference-experts.js';
import { ropeTable } from './rope.js';
import { headSize, type ModelSpec } from './spec.js';

/** Weights of any precision, one array per row of `parameterTable`. */
export type Weights = readonly ArrayLike<number>[];

/** `x @ W^T` for `x` of `rows x inner` and `W` of `outer x inner`. */
function project(x: Float64Array, weight: ArrayLike<number>, rows: number, inner: number): Float64Array {
  const outer = weight.length / inner;
  const out = new Float64Array(rows * outer);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outer; o++) {
      let sum = 0;
      for (let i = 0; i < inner; i++) sum += x[r * inner + i]! * weight[o * inner + i]!;
      out[r * outer + o] = sum;
    }
  }
  return out;
}

/** RMSNorm (Zhang and Sennrich, 2019) of each row. */
function rmsNorm(x: Float64Array, gain: ArrayLike<number>, epsilon: number): Float64Array {
  const width = gain.length;
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let square = 0;
    for (let i = 0; i < width; i++) square += x[start + i]! ** 2;
    const scale = 1 / Math.sqrt(square / width + epsilon);
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * scale * gain[i]!;
  }
  return out;
}

/** Applies rotary position embeddings to every head of every row, in place. */
function rotate(x: Float64Array, spec: ModelSpec, rows: number): void {
  const size = headSize(spec);
  const half = size / 2;
  const { cos, sin } = ropeTable(spec, rows);
  const width = x.length / rows;
  for (let r = 0; r < rows; r++) {
    for (let start = r * width; start < (r + 1) * width; start += size) {
      for (let i = 0; i < half; i++) {
        const a = x[start + i]!;
        const b = x[start + i + half]!;
        const c = cos[r * half + i]!;
        const s = sin[r * half + i]!;
        x[start + i] = a * c - b * s;
        x[start + i + half] = b * c + a * s;
      }
    }
  }
}

/** Causal grouped-query attention; query head h uses key/value head `floor(h * kvHeads / heads)`. */
function attend(q: Float64Array, k: Float64Array, v: Float64Array, spec: ModelSpec, rows: number): Float64Array {
  const size = headSize(spec);
  const kvWidth = spec.kvHeads * size;
  const scale = spec.multipliers?.attention ?? 1;
  const out = new Float64Array(q.length);
  const scores = new Float64Array(rows);
  for (let h = 0; h < spec.heads; h++) {
    const kvStart = Math.floor((h * spec.kvHeads) / spec.heads) * size;
    for (let r = 0; r < rows; r++) {
      const query = r * spec.width + h * size;
      let largest = -Infinity;
      for (let past = 0; past <= r; past++) {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += q[query + i]! * k[past * kvWidth + kvStart + i]!;
        scores[past] = (dot * scale) / Math.sqrt(size);
        largest = Math.max(largest, scores[past]!);
      }
      let total = 0;
      for (let past = 0; past <= r; past++) total += scores[past] = Math.exp(scores[past]! - largest);
      for (let past = 0; past <= r; past++) {
        const share = scores[past]! / total;
        for (let i = 0; i < size; i++) out[query + i]! += share * v[past * kvWidth + kvStart + i]!;
      }
    }
  }
  return out;
}

/**
 * Reference forward pass in plain float64 loops, independent of any tensor library; trainers are tested against it.
 * Returns logits, `tokens.length x vocabulary`, row-major, for one sequence of at most `spec.context` tokens. Throws a
 * RangeError for longer sequences and for weights of the wrong shape.
 */
export function referenceLogits(spec: ModelSpec, weights: Weights, tokens: ArrayLike<number>): Float64Array {
  return referenceActivations(spec, weights, tokens).logits;
}

/** What the forward pass computes on its way, each row-major with a row for each token. */
export interface Activations {
  /** The residual stream before the first layer and after each, `tokens.length x width`. */
  readonly stream: readonly Float64Array[];
  /** The stream after the last norm. */
  readonly last: Float64Array;
  readonly logits: Float64Array;
  /** The load-balancing loss, summed over layers (`balanceOf`), without its weight; 0 without experts. */
  readonly balance: number;
}

/** The load-balancing loss of one sequence, summed over layers (`balanceOf`), without its weight; 0 without experts. */
export function referenceBalance(spec: ModelSpec, weights: Weights, tokens: ArrayLike<number>): number {
  return referenceActivations(spec, weights, tokens).balance;
}

/** As `referenceLogits`, with the activations. */
export function referenceActivations(spec: ModelSpec, weights: Weights, tokens: ArrayLike<number>): Activations {
  const rows = tokens.length;
  if (rows > spec.context) throw new RangeError(`${rows} tokens exceed the context of ${spec.context}`);
  const named = new Map(parameterTable(spec).map((parameter, index) => [parameter.name, { parameter, index }]));
  const weight = (name: string): ArrayLike<number> => {
    const { parameter, index } = named.get(`${name}.weight`)!;
    const values = weights[index];
    if (values?.length !== sizeOf(parameter.shape)) {
      throw new RangeError(`${parameter.name} needs ${sizeOf(parameter.shape)} values, got ${values?.length ?? 0}`);
    }
    return values;
  };
  const { width, normEpsilon, experts, multipliers: { embedding: inputs = 1, residual = 1, output = 1 } = {} } = spec;
  let balance = 0;
  const embedding = weight('model.embed_tokens');
  const stream = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < width; i++) stream[r * width + i] = inputs * embedding[tokens[r]! * width + i]!;
  }
  const add = (update: Float64Array) => {
    for (let i = 0; i < stream.length; i++) stream[i]! += residual * update[i]!;
  };
  const seen = [stream.slice()];
  for (let layer = 0; layer < spec.layers; layer++) {
    const own = (name: string) => weight(`model.layers.${layer}.${name}`);
    const h = rmsNorm(stream, own('input_layernorm'), normEpsilon);
    const q = project(h, own('self_attn.q_proj'), rows, width);
    const k = project(h, own('self_attn.k_proj'), rows, width);
    const v = project(h, own('self_attn.v_proj'), rows, width);
    rotate(q, spec, rows);
    rotate(k, spec, rows);
    add(project(attend(q, k, v, spec, rows), own('self_attn.o_proj'), rows, width));
    const m = rmsNorm(stream, own('post_attention_layernorm'), normEpsilon);
    const swiGlu = (gate: string, up: string, down: string) => {
      const [a, b] = [project(m, own(gate), rows, width), project(m, own(up), rows, width)];
      const inner = a.map((value, i) => (value / (1 + Math.exp(-value))) * b[i]!);
      return project(inner, own(down), rows, spec.hidden);
    };
    if (experts === undefined) add(swiGlu('mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'));
    else {
      const logits = project(m, own('block_sparse_moe.gate'), rows, width);
      const used = usedExperts(logits, experts);
      const gates = gatesOf(logits, used, experts);
      for (let e = 0; e < experts.count; e++) {
        const [gate, down, up] = [1, 2, 3].map((w) => `block_sparse_moe.experts.${e}.w${w}`);
        const output = swiGlu(gate!, up!, down!);
        add(output.map((value, i) => value * gates[Math.floor(i / width) * experts.count + e]!));
      }
      balance += balanceOf(logits, used, experts);
    }
    seen.push(stream.slice());
  }
  const last = rmsNorm(stream, weight('model.norm'), normEpsilon);
  const logits = project(last, spec.tieEmbeddings ? embedding : weight('lm_head'), rows, width);
  return { stream: seen, last, logits: logits.map((value) => output * value), balance };
}

/** Negative log-likelihood in nats of each next token: `tokens[i + 1]` given `tokens[0..i]`. */
export function referenceNll(spec: ModelSpec, weights: Weights, tokens: ArrayLike<number>): Float64Array {
  const inputs = Array.from(tokens).slice(0, -1);
  const logits = referenceLogits(spec, weights, inputs);
  return Float64Array.from(inputs, (_, row) => {
    const own = logits.subarray(row * spec.vocabulary, (row + 1) * spec.vocabulary);
    return -logProbabilities(own)[tokens[row + 1]!]!;
  });
}

/** A model with its weights. */
export interface ReferenceModel {
  readonly spec: ModelSpec;
  readonly weights: Weights;
}

/**
 * Divergence KL(teacher || student) in nats of the predictions after each token but the last: of the distributions
 * `softmax(logits / temperature)` of two models with the same vocabulary.
 */
export function referenceDivergence(
  student: ReferenceModel,
  teacher: ReferenceModel,
  tokens: ArrayLike<number>,
  temperature: number,
): Float64Array {
  const inputs = Array.from(tokens).slice(0, -1);
  const { vocabulary } = student.spec;
  const soft = ({ spec, weights }: ReferenceModel) =>
    referenceLogits(spec, weights, inputs).map((logit) => logit / temperature);
  const [own, taught] = [soft(student), soft(teacher)];
  return Float64Array.from(inputs, (_, row) => {
    const [p, q] = [own, taught].map((logits) =>
      logProbabilities(logits.subarray(row * vocabulary, (row + 1) * vocabulary)),
    ) as [Float64Array, Float64Array];
    return q.reduce((sum, logQ, token) => sum + Math.exp(logQ) * (logQ - p[token]!), 0);
  });
}

function logProbabilities(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const total = largest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return logits.map((value) => value - total);
}
