/** A fit for the small experiments of the conformance kit: 0.02 at 320 tokens, and an exponent of -0.5 in tokens. */
export const FIT = {
  kind: 'learning-rate-fit',
  format: 1,
  conditions: { batch: 32, cooldown: 0.2, curve: '1-sqrt', minRatio: 0.1 },
  law: {
    logRate: Math.log(0.02),
    centre: { parameters: 6, tokens: 320 },
    exponents: { parameters: null, tokens: -0.5 },
    covariance: null,
    range: { parameters: [6, 6], tokens: [160, 1280] },
    curvature: 0.05,
  },
};
