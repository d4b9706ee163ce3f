/** Sizes, horizons and rates of the learning-rate paper's experiments. Fixed before any run. */
import type { Size } from '../paper/definition.js';
import { EXPERTS, type ModelSize, type TransferCase } from './names.js';

/** The grid of one model size. */
export interface SizeGrid extends ModelSize {
  /** Peak rates, ascending. */
  readonly rates: readonly number[];
  /** Steps until the end of the decay, ascending. */
  readonly horizons: readonly number[];
}

/** Grids of one kind of model, dense or mixtures of experts. */
export interface Arm {
  /** Prefix of its experiments. */
  readonly prefix: string;
  /** Experts of each layer. Absent: dense. */
  readonly experts?: { readonly count: number; readonly active: number };
  /** Grids that the law is fitted to. */
  readonly fit: readonly SizeGrid[];
  /** The size outside of the fit. Its last horizon is outside of it too. */
  readonly target: SizeGrid;
  readonly seeds: number;
}

/** The experiments at one size of the reproduction: grids of dense models, and what is tested on them. */
export interface Scale extends Arm {
  /** Transfers of tuned small runs to the target. */
  readonly transfers: readonly TransferCase[];
  /** Rates of modules: tuned at a size of the fit at its longest horizon, by a factor down and up. Absent: none. */
  readonly modules?: { readonly size: ModelSize; readonly factor: number; readonly seeds: number };
  /** The same grids and prediction with mixtures of experts. Absent: none. */
  readonly mixture?: Arm;
}

/** Sequences per step. */
export const BATCH = 16;
/** Bytes of a sequence. */
export const CONTEXT = 64;
/** Tokens per step. */
export const TOKENS = BATCH * CONTEXT;
/** Share of the steps in which the rate decays. */
export const COOLDOWN = 0.2;
/**
 * Standard deviation of initial weights. With 0.02, as for large models, models of this size begin on a plateau whose
 * length is luck.
 */
export const INIT_STD = 0.1;
/** Width of a head. */
export const HEAD = 8;

/** Four rates, each twice the one before. */
const doubling = (lowest: number): readonly number[] => [1, 2, 4, 8].map((factor) => factor * lowest);

/** Exponent of the tokens in the paper's transfer. */
const HORIZON = 0.32;

const HORIZONS = [200, 400, 800];
const SHORT = [150, 300];

/** Scales by size. Rates are centred on what a trial with two other seeds found. */
export const SCALES: Readonly<Record<Size, Scale>> = {
  full: {
    prefix: '',
    fit: [
      { width: 16, layers: 2, rates: doubling(0.00625), horizons: HORIZONS },
      { width: 24, layers: 2, rates: doubling(0.005), horizons: HORIZONS },
      { width: 40, layers: 2, rates: doubling(0.0035), horizons: HORIZONS },
    ],
    target: { width: 56, layers: 2, rates: doubling(0.0025), horizons: [...HORIZONS, 1600] },
    seeds: 8,
    transfers: [
      { rule: 'mup', from: { width: 40, layers: 2 }, horizon: HORIZON },
      { rule: 'completed-p', from: { width: 40, layers: 2 } },
      { rule: 'mup', from: { width: 16, layers: 2 }, horizon: HORIZON },
    ],
    modules: { size: { width: 24, layers: 2 }, factor: 3, seeds: 4 },
    mixture: {
      prefix: EXPERTS,
      experts: { count: 4, active: 2 },
      fit: [
        { width: 16, layers: 2, rates: doubling(0.006), horizons: [200, 400] },
        { width: 24, layers: 2, rates: doubling(0.0045), horizons: [200, 400] },
        { width: 32, layers: 2, rates: doubling(0.0035), horizons: [200, 400] },
      ],
      target: { width: 40, layers: 2, rates: doubling(0.003), horizons: [200, 400, 800] },
      seeds: 4,
    },
  },
  quick: {
    prefix: '',
    fit: [
      { width: 16, layers: 2, rates: doubling(0.00625), horizons: SHORT },
      { width: 24, layers: 2, rates: doubling(0.005), horizons: SHORT },
    ],
    target: { width: 32, layers: 2, rates: doubling(0.004), horizons: [...SHORT, 600] },
    seeds: 3,
    transfers: [{ rule: 'mup', from: { width: 24, layers: 2 }, horizon: HORIZON }],
    modules: { size: { width: 24, layers: 2 }, factor: 3, seeds: 3 },
  },
};

/** The size and horizon that the rate is predicted for. */
export const targetSteps = ({ target }: Pick<Arm, 'target'>): number => target.horizons.at(-1)!;
