/** Explanations of claims that do not hold, written after the full run of 2026-12-01. Shown only for those claims. */

/** By id of the claim. */
export const NOTES: Readonly<Record<string, string>> = {
  modules:
    'Here embedding and output want three times the rate of the sweep or more, and hidden matrices half of it. The vocabulary is 256 bytes, and queries and keys have no norms; no run tells which of it decides. The gain is as large against the best rate of the grid.',
  'transfer-mup-16x2':
    'From a third of the width muP lowers the rate of hidden matrices alone and keeps the high rate of the narrow model elsewhere. These are about the factors that the sweep of modules finds, so that it wins as rates by module do.',
};
