/** Learning-rate schedules as short lists of stages. */

/** Curve of the learning rate in a stage. r runs from 1/n to 1 over the n steps, so the last step has the end level. */
export type Curve = 'constant' | 'linear' | 'cosine' | '1-sqrt';

/**
 * A stage of a schedule, as a share of the path's steps after warm-up. Levels are shares of the rate at which the
 * schedule starts; `'min'` is the path's minRatio, a share of the peak. A constant stage holds `to`.
 */
export interface Stage {
  /** Share of the steps, > 0; the shares of a schedule add up to 1. */
  readonly share: number;
  readonly curve: Curve;
  readonly to: number | 'min';
}

/** Constant at the start rate. */
export const constant = (): readonly Stage[] => [{ share: 1, curve: 'constant', to: 1 }];

/** Half a cosine from the start rate to minRatio (Loshchilov and Hutter, 2017). */
export const cosine = (): readonly Stage[] => [{ share: 1, curve: 'cosine', to: 'min' }];

/** Linear from the start rate to minRatio. */
export const linear = (): readonly Stage[] => [{ share: 1, curve: 'linear', to: 'min' }];

/** Knee (Iyer et al., 2023): explore at the start rate for `hold` of the steps, then decay linearly to minRatio. */
export const knee = (hold = 0.5): readonly Stage[] => (hold === 0 ? linear() : holdThen(1 - hold, 'linear'));

/**
 * Multi-step (DeepSeek LLM, 2024): the start rate, 31.6% of it after 80% of the steps, 10% after 90%. Ignores minRatio.
 */
export const multiStep = (): readonly Stage[] => [
  { share: 0.8, curve: 'constant', to: 1 },
  { share: 0.1, curve: 'constant', to: 0.316 },
  { share: 0.1, curve: 'constant', to: 0.1 },
];

/** Warmup-stable-decay (Hu et al., 2024): hold, then decay along `curve` over the last `decay` of the steps. */
export const stableDecay = (decay = 0.2, curve: Exclude<Curve, 'constant'> = '1-sqrt'): readonly Stage[] =>
  decay === 0 ? constant() : decay === 1 ? [{ share: 1, curve, to: 'min' }] : holdThen(decay, curve);

const holdThen = (decay: number, curve: Curve): readonly Stage[] => [
  { share: 1 - decay, curve: 'constant', to: 1 },
  { share: decay, curve, to: 'min' },
];

/** Most line segments of `stagesAlong`, which bounds the size of a plan. */
const MOST_STAGES = 128;

/**
 * Any curve over `steps` steps: `level(r)` is the share of the start rate after the share r of the steps, 0 < r <= 1.
 * For a path that takes `steps` steps after its warm-up. Up to 128 steps the rate is exact at every step; a longer path
 * has 128 line segments between exact rates.
 */
export function stagesAlong(steps: number, level: (r: number) => number): readonly Stage[] {
  const count = Math.min(steps, MOST_STAGES);
  const border = (index: number) => Math.round((index * steps) / count);
  return Array.from({ length: count }, (_, index) => ({
    share: (border(index + 1) - border(index)) / steps,
    curve: 'linear',
    to: level(border(index + 1) / steps),
  }));
}
