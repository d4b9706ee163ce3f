/** The constants of a plan at scale, each with its source. A test checks that none lacks one. */

/** A constant, or a formula, and where it comes from. */
export interface SourcedConstant {
  readonly value: number;
  /** What it stands for, as a clause. */
  readonly meaning: string;
  /** A publication, with its arXiv number or address. */
  readonly source: string;
}

/** All constants that a plan at scale assumes where the scale gives nothing else. Prices and peaks have a table. */
export const SCALE_CONSTANTS = {
  flopsPerParameter: {
    value: 6,
    meaning: 'FLOPs per parameter and token, forward and backward; attention is not counted',
    source: 'Kaplan et al., 2020, arXiv 2001.08361',
  },
  utilization: {
    value: 0.4,
    meaning: 'share of the peak FLOP/s that training reaches: Llama 3 405B had 0.38 to 0.43 on 8,192 to 16,384 H100',
    source: 'Grattafiori et al., 2024, arXiv 2407.21783',
  },
  warmup: {
    value: 2000,
    meaning: 'steps of linear warm-up, as DeepSeek-V3; Llama 3 405B had 8,000',
    source: 'DeepSeek-AI, 2024, arXiv 2412.19437',
  },
  batchFactor: {
    value: 0.58,
    meaning: 'of the best batch in tokens, 0.58 · D^0.571 for D training tokens (StepLaw)',
    source: 'Li et al., 2025, arXiv 2503.04715',
  },
  batchExponent: {
    value: 0.571,
    meaning: 'of the best batch in tokens, 0.58 · D^0.571 for D training tokens (StepLaw)',
    source: 'Li et al., 2025, arXiv 2503.04715',
  },
  bytesPerParameter: {
    value: 12,
    meaning: 'bytes of a checkpoint per parameter: weights and two moments of Adam in float32; averages have 4',
    source: 'Kingma and Ba, 2014, arXiv 1412.6980, for the moments; the format of the checkpoints here',
  },
} as const satisfies Readonly<Record<string, SourcedConstant>>;
