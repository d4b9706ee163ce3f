/** For tests, and for processes that tests start: imports nothing of a test. */

/** A model with steps of about a millisecond. */
export const TINY = {
  model: { layers: 1, width: 16, heads: 2, context: 32 },
  data: {
    sources: ['texts'],
    versions: { by: 'random' as const, count: 3, tokens: 2048 },
    heldOut: 0.1,
    score: 'diversity' as const,
  },
  training: { batch: 4, lr: { warmup: 3 } },
};
