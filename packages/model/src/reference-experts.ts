/** The router of a mixture of experts in float64; see `referenceLogits`. */
import type { Experts } from './experts.js';

/**
 * The load-balancing loss of a sequence in one layer, before it is weighted by `balance`: `sum over e of f_e * P_e`,
 * where `f_e` is `count / (active * tokens)` times the number of tokens that use expert e, and `P_e` the mean over the
 * tokens of the softmax over all logits of the router. It is 1 for an even distribution, at most `count / active`.
 * Numbers of tokens are constants in the gradient. The loss of a step adds the mean over its sequences, weighted as
 * their other losses, and sums over layers.
 *
 * The form is that of Switch Transformers (Fedus et al., 2022, equations 4 to 6), for several active experts and by
 * sequence as in DeepSeek-V3 (arXiv 2412.19437, equations 17 to 20). `transformers` takes the whole batch and all
 * layers together, which would make the loss of a sequence depend on those trained with it.
 *
 * @param logits of the router, `tokens x count`
 * @param used `tokens x count`: 1 for the experts that a token uses, else 0
 */
export function balanceOf(logits: Float64Array, used: Float64Array, { count, active }: Experts): number {
  const tokens = logits.length / count;
  const [uses, shares] = [new Float64Array(count), new Float64Array(count)];
  for (let token = 0; token < tokens; token++) {
    const own = softmax(logits.subarray(token * count, (token + 1) * count));
    for (let e = 0; e < count; e++) {
      uses[e]! += used[token * count + e]!;
      shares[e]! += own[e]!;
    }
  }
  return uses.reduce((sum, use, e) => sum + ((count * use) / (active * tokens)) * (shares[e]! / tokens), 0);
}

/** The `active` largest logits of each token as 1, others as 0. Of equal logits, that of the first expert is larger. */
export function usedExperts(logits: Float64Array, { count, active }: Experts): Float64Array {
  const used = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += count) {
    const order = Array.from({ length: count }, (_, e) => e).sort((a, b) => logits[start + b]! - logits[start + a]!);
    for (const e of order.slice(0, active)) used[start + e] = 1;
  }
  return used;
}

/** The weights of a token's experts: a softmax over the logits of those that it uses; 0 for the others. */
export function gatesOf(logits: Float64Array, used: Float64Array, { count }: Experts): Float64Array {
  const gates = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += count) {
    const own = logits.slice(start, start + count).map((logit, e) => (used[start + e] === 1 ? logit : -Infinity));
    gates.set(softmax(own), start);
  }
  return gates;
}

function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}
