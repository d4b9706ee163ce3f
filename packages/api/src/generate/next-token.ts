/** How the next token is chosen from logits. */

/** How the distribution of the model is changed before a token is drawn from it. */
export interface Sampling {
  /** Logits are divided by it; 0 takes the most probable token. */
  readonly temperature: number;
  /** Only so many of the most probable tokens remain, and those as probable as the last of them. Absent: all. */
  readonly topK?: number;
  /** Only the most probable tokens remain whose probabilities together are at least this share. Absent: all. */
  readonly topP?: number;
}

/**
 * Probabilities of all tokens, in float64: temperature, then top-k, then top-p (nucleus sampling, Holtzman et al.,
 * 2020), in the order and by the definitions of `transformers` (`TemperatureLogitsWarper`, `TopKLogitsWarper`,
 * `TopPLogitsWarper`). Throws a RangeError for logits that are not finite.
 */
export function nextTokenProbabilities(logits: Float32Array, { temperature, topK, topP }: Sampling): Float64Array {
  assertFinite(logits);
  const scores = Float64Array.from(logits, (logit) => logit / temperature);
  if (topK !== undefined && topK < scores.length) keepTopK(scores, topK);
  if (topP !== undefined && topP < 1) keepTopP(scores, topP);
  return softmax(scores);
}

/** The token with the largest logit, the first of equal ones. Throws a RangeError for logits that are not finite. */
export function mostProbable(logits: Float32Array): number {
  assertFinite(logits);
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
}

/** The token at a point of the cumulative distribution, `0 <= point < 1`. */
export function tokenAt(probabilities: Float64Array, point: number): number {
  let [sum, last] = [0, 0];
  for (let token = 0; token < probabilities.length; token++) {
    if (probabilities[token] === 0) continue;
    sum += probabilities[token]!;
    last = token;
    if (point < sum) return token;
  }
  // The sum is below 1 by rounding.
  return last;
}

function keepTopK(scores: Float64Array, count: number): void {
  const lowest = scores.slice().sort()[scores.length - count]!;
  for (let token = 0; token < scores.length; token++) if (scores[token]! < lowest) scores[token] = -Infinity;
}

/** Of equally probable tokens, those with the lowest ids are removed first. */
function keepTopP(scores: Float64Array, share: number): void {
  const sorted = scores.slice().sort();
  const probabilities = softmax(sorted);
  let [removed, sum] = [0, 0];
  while (removed < sorted.length - 1 && (sum += probabilities[removed]!) <= 1 - share) removed++;
  const lowest = sorted[removed]!;
  let equal = removed - sorted.indexOf(lowest);
  for (let token = 0; token < scores.length; token++) {
    const score = scores[token]!;
    if (score < lowest || (score === lowest && equal-- > 0)) scores[token] = -Infinity;
  }
}

function softmax(scores: Float64Array): Float64Array {
  const top = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

function assertFinite(logits: Float32Array): void {
  if (!logits.every(Number.isFinite)) throw new RangeError('its logits are not finite numbers: the model diverged');
}
