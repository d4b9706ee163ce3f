/**
 * Continual-learning metrics of release k, in nats per token; lower is better for all three. L(i, j) is the loss of
 * release i on the held-out text of version j. Sources: `held-out/transfer.ts`.
 */
export interface TransferResult {
  /**
   * Mean over j < k of L(k, j) - min over i < k of L(i, j): above 0 when earlier releases were better on earlier text.
   */
  readonly forgetting: number;
  /** Mean over j < k of L(k, j) - L(j, j): below 0 when later training improves earlier text. */
  readonly backwardTransfer: number;
  /**
   * Mean over 1 < j <= k of L(j - 1, j): loss on text before training on it. The loss of untrained weights, which the
   * source subtracts, is not measured; it is equal for all strategies under a seed.
   */
  readonly forwardTransfer: number;
}
