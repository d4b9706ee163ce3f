/** Learning-rate schedules as strategies write them: a short list of stages. */

/** How the rate moves through a stage. r runs from 1/n to 1 over the n steps, so the last step is at the end level. */
export type Curve = 'constant' | 'linear' | 'cosine' | '1-sqrt';

/**
 * A share of a path's steps after the warm-up. Levels are shares of the rate at which the schedule starts;
 * `'min'` is the path's minRatio, a share of the peak. A constant stage holds `to`.
 */
export interface Stage {
  /** Share of the steps, > 0; the shares of a schedule add up to 1. */
  readonly share: number;
  readonly curve: Curve;
  readonly to: number | 'min';
}

/** The whole path at the rate it starts with. */
export const constant = (): readonly Stage[] => [{ share: 1, curve: 'constant', to: 1 }];

/** Half a cosine from the start to the minRatio (Loshchilov and Hutter, 2017). */
export const cosine = (): readonly Stage[] => [{ share: 1, curve: 'cosine', to: 'min' }];

/** Half a cosine, but linear. */
export const linear = (): readonly Stage[] => [{ share: 1, curve: 'linear', to: 'min' }];

/** Knee (Iyer et al., 2023): explore at the start rate for `hold` of the steps, then decay linearly to the minRatio. */
export const knee = (hold = 0.5): readonly Stage[] => (hold === 0 ? linear() : holdThen(1 - hold, 'linear'));

/**
 * Multi-step (DeepSeek LLM, 2024): the start rate, 31.6% of it from 80% of the steps, 10% from 90%. It ends at
 * 10% whatever the minRatio.
 */
export const multiStep = (): readonly Stage[] => [
  { share: 0.8, curve: 'constant', to: 1 },
  { share: 0.1, curve: 'constant', to: 0.316 },
  { share: 0.1, curve: 'constant', to: 0.1 },
];

/** Warm-up-stable-decay (Hu et al., 2024): hold, then over the last `decay` of the steps fall along `curve`. */
export const stableDecay = (decay = 0.2, curve: Exclude<Curve, 'constant'> = '1-sqrt'): readonly Stage[] =>
  decay === 0 ? constant() : decay === 1 ? [{ share: 1, curve, to: 'min' }] : holdThen(decay, curve);

const holdThen = (decay: number, curve: Curve): readonly Stage[] => [
  { share: 1 - decay, curve: 'constant', to: 1 },
  { share: decay, curve, to: 'min' },
];
