import type { StepRange } from './step-ranges.js';

/** Where an unbroken sequence of steps begins. `position` counts the steps since the weights were drawn. */
export type Root =
  | { readonly kind: 'init'; readonly seed: number; readonly position: number }
  /** A weighted sum of the weights of other states; optimizer moments zero. */
  | {
      readonly kind: 'derived';
      readonly parts: readonly { readonly point: Point; readonly weight: number }[];
      readonly position: number;
    }
  /** Another state of which some parts were not carried over. */
  | {
      readonly kind: 'reset';
      readonly of: Point;
      readonly weights: boolean;
      readonly optimizer: boolean;
      readonly seed: number;
      readonly position: number;
    };

/** Everything that led to a state: a root and the steps since. */
export interface Lineage {
  readonly root: Root;
  /** Joined: no run continues the one before. */
  readonly ranges: readonly StepRange[];
}

/** A state: the `steps`-th after the root of a lineage. */
export interface Point {
  readonly lineage: Lineage;
  readonly steps: number;
}

/** Steps since the weights were drawn. */
export const positionOf = (point: Point): number => point.lineage.root.position + point.steps;

/** One path of one strategy. */
export interface PlannedPath {
  readonly strategy: string;
  readonly version: number;
  /** `main` or the fork's name. */
  readonly name: string;
  /** The whole lineage up to the end of the path. */
  readonly lineage: Lineage;
  /** Steps of the lineage that belong to the path's ancestors. */
  readonly begin: number;
  /** Steps of the lineage at the end of the path. */
  readonly end: number;
}

/** What a version publishes. */
export interface PlannedRelease {
  readonly version: number;
  /** Name of the path it comes from. */
  readonly path: string;
  /** A state that was trained, or a derived root. */
  readonly point: Point;
  /** Checkpoints averaged; 1 when it was trained. */
  readonly averaged: number;
}

/** One version of one strategy. */
export interface PlannedVersion {
  readonly version: number;
  readonly main: PlannedPath;
  readonly forks: readonly PlannedPath[];
  readonly release: PlannedRelease;
  /** States that `onStep` wants kept. */
  readonly captures: readonly Point[];
}
