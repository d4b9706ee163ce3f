import type { StepRange } from './step-ranges.js';

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
