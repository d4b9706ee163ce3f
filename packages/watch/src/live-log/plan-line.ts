/** The line of the live log that has the plan. */
import { join } from 'node:path';
import {
  CheckpointIndex,
  CheckpointStore,
  type ExperimentPlan,
  findMissingWork,
  rootOf,
  type Segment,
  targetsOf,
} from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { TrackBook } from '@branchline/logging';
import type { LiveSegment, LiveTrack, PlanLine } from './format.js';

/** What a plan line is made of. */
export interface PlanLineInput {
  /** The run directory, or the folder of a job. */
  readonly directory: string;
  readonly plan: ExperimentPlan;
  /** Those that are shown, in the order of their indices. */
  readonly segments: readonly Segment[];
  /** Assembles partial results; absent for a job, which has neither results nor curves of its own. */
  readonly soFar?: () => Promise<Results>;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Makes the line from the plan and what is stored of it. */
export async function planLine({ directory, plan, segments, soFar, time }: PlanLineInput): Promise<PlanLine> {
  const { graph, info } = plan;
  const indices = new Map(segments.map((segment, index) => [segment, index]));
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  const index = new CheckpointIndex(store.list());
  const { train } = findMissingWork(targetsOf(plan), index, graph.basis.batch);
  // A job has no curves of its own: they are those of its run.
  const tracks = soFar === undefined ? [] : await (await TrackBook.look(directory)).tracksOf(plan);
  const results = await soFar?.();
  return {
    type: 'plan',
    time: time,
    tokensPerStep: info.batch * info.context,
    segments: segments.map((segment): LiveSegment => {
      const { from, to, steps, strategies } = segment;
      const resume = train.get(segment);
      const after = from.incoming && indices.get(from.incoming);
      return {
        ...{ key: to.key, seed: to.seed, strategies: [...strategies], begin: from.position, steps },
        stored: train.has(segment) ? (resume?.steps ?? 0) : steps,
        ...(resume && { at: resume.key }),
        ...(after !== undefined && { after }),
      };
    }),
    tracks: tracks.map(({ track, places }): LiveTrack => {
      const { name, strategies, seed, version = 0, path = '' } = track;
      return {
        ...{ track: name, strategies, seed, version, path },
        places: places.map(({ segment, from, to }) => {
          const { position } = rootOf(segment.from);
          return [indices.get(segment)!, position + from, position + to] as const;
        }),
      };
    }),
    ...(results && { results }),
  };
}
