/**
 * What continual learning asks of release k, in nats per token; lower is better for all three. L(i, j): loss of release
 * i on the held-out text of version j. Sources: `held-out/transfer.ts`.
 */
export interface TransferResult {
  /**
   * Mean over j < k of L(k, j) - the least L(i, j) of i < k: above 0 when earlier releases were better on what they
   * knew.
   */
  readonly forgetting: number;
  /** Mean over j < k of L(k, j) - L(j, j): below 0 when what came later helps on earlier text. */
  readonly backwardTransfer: number;
  /**
   * Mean over 1 < j <= k of L(j - 1, j): on text that is not yet trained on. The loss of untrained weights, which the
   * source subtracts, is not measured; it is the same for all strategies under a seed.
   */
  readonly forwardTransfer: number;
}
