import type { Digest } from '../json.js';
import type { TeacherCheckpoint } from '../trainer/trainer.js';
import type { RatePiece } from './rate-pieces.js';

/** What all roots have. */
interface MadeRoot {
  /** Steps since the weights were initialized. */
  readonly position: number;
  /** Numerics of the trainer that made it; absent: those of the plan. */
  readonly numerics?: string;
}

/** The start of a sequence of steps. */
export type Root = MadeRoot & RootRecipe;

type RootRecipe =
  | { readonly kind: 'init'; readonly seed: number }
  /** A weighted sum of the weights of other states; optimizer moments are zero. */
  | {
      readonly kind: 'derived';
      readonly parts: readonly { readonly point: Point; readonly weight: number }[];
    }
  /** Another state with some parts reset. */
  | {
      readonly kind: 'reset';
      readonly of: Point;
      readonly weights: boolean;
      readonly optimizer: boolean;
      readonly seed: number;
    };

/** Consecutive steps of one rate piece over consecutive batches of one order. */
export interface StepRange {
  readonly rate: RatePiece;
  /** The data order that the batches come from. No key holds it: it depends on ids. */
  readonly order: Digest;
  /** Index in the order of the first sequence of the first batch. */
  readonly offset: number;
  /** Loss weight of each sequence of every batch in the range; absent: all 1. */
  readonly weights?: readonly number[];
  /** What the steps optimise; absent: the mean negative log-likelihood. */
  readonly objective?: Objective;
  /** Numerics of the trainer that made these steps, if they are not those that made the root of the lineage. */
  readonly numerics?: string;
}

/** What steps optimise, where it is not the mean negative log-likelihood of the sequences of a batch. */
export interface Objective {
  /** Digest of everything that decides bits; what a key holds. Equal objectives have equal ids. */
  readonly id: Digest;
  /** FLOPs of a step per token, those of a teacher's forward pass included. */
  readonly flopsPerToken: number;
  readonly distil?: Distillation;
  /** Tokens at the beginning of a sequence that are not scored; at least 2, because the first one never is. */
  readonly prefix?: number;
}

/**
 * Knowledge distillation (Hinton et al., 2015). The loss of a token is
 * `(1 - weight) * nll + weight * temperature^2 * KL(teacher || student)`, with the divergence of the two distributions
 * at this temperature, in nats.
 */
export interface Distillation {
  readonly teacher: Teacher;
  /** Above 0, at most 1. */
  readonly weight: number;
  readonly temperature: number;
}

/** The model whose predictions a student learns. */
export interface Teacher {
  /** Key of the state, or digest of the weights of a checkpoint. */
  readonly key: Digest;
  /** A state of the same strategy, or a checkpoint from elsewhere. */
  readonly of: { readonly point: Point } | { readonly checkpoint: TeacherCheckpoint };
}

/** The history of a state: a root and the steps after it. */
export interface Lineage {
  readonly root: Root;
  /** Adjacent ranges never continue each other: such ranges are joined. */
  readonly ranges: readonly StepRange[];
}

/** The state after `steps` steps of a lineage. */
export interface Point {
  readonly lineage: Lineage;
  readonly steps: number;
}

/** Steps since the weights were initialized. */
export const positionOf = (point: Point): number => point.lineage.root.position + point.steps;

/** A path of a strategy. */
export interface PlannedPath {
  readonly strategy: string;
  readonly version: number;
  /** `main` or the fork's name. */
  readonly name: string;
  /** The lineage from the root to the end of the path. */
  readonly lineage: Lineage;
  /** Steps of the lineage before the path, trained by its ancestors. */
  readonly begin: number;
  /** Steps of the lineage at the end of the path. */
  readonly end: number;
}

/** The release of a version. */
export interface PlannedRelease {
  readonly version: number;
  /** Name of the path that is released. */
  readonly path: string;
  /** A trained state, or a derived root. */
  readonly point: Point;
  /** Number of averaged checkpoints; 1 for a trained state. */
  readonly averaged: number;
}

/** A version of a strategy. */
export interface PlannedVersion {
  readonly version: number;
  readonly main: PlannedPath;
  readonly forks: readonly PlannedPath[];
  readonly release: PlannedRelease;
  /** States that `onStep` captures. */
  readonly captures: readonly Point[];
}
