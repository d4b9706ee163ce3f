/** Makes the objectives of paths: finds the teachers that specs name. */
import { BranchlineError, type ErrorPlace, type Problem } from '../errors.js';
import type { Digest } from '../json.js';
import { objectiveOf } from '../path/objective.js';
import type { Objective, PlannedPath, Point, Teacher } from '../path/path.js';
import { joinRanges, type StepRange, sliceRange, takeSteps } from '../path/step-ranges.js';
import type { Owned } from '../plugin/merge.js';
import type { VersionSpec } from '../spec/fields.js';
import type { TeacherSpec } from '../spec/values.js';
import type { ModelDescription, TeacherCheckpoint } from '../trainer/trainer.js';
import type { DecidedVersion } from './decide.js';
import { type NamedStates, namedState } from './release.js';

/** What objectives are made from. */
export interface ObjectiveSource {
  readonly model: ModelDescription;
  /** Key of a planned state. */
  readonly keyOf: (point: Point) => Digest;
  /** The checkpoints that the strategy names, by `from`. */
  readonly checkpoints: ReadonlyMap<string, TeacherCheckpoint>;
}

/** A path whose objective is to be made. */
export interface ObjectiveRequest {
  readonly loss: VersionSpec['loss'];
  readonly place: ErrorPlace & { readonly version: number };
  /** Who decided the fields of the path. */
  readonly fields: ReadonlyMap<string, Owned>;
  /** The state that the version starts from; undefined for fresh weights. */
  readonly start: Point | undefined;
  /** The states that exist before the path. */
  readonly states: NamedStates;
}

/** The ranges of a path with what they optimise. Throws a `plan` error for a teacher that does not exist. */
export function withObjective(
  ranges: readonly StepRange[],
  request: ObjectiveRequest,
  source: ObjectiveSource,
  batch: number,
): readonly StepRange[] {
  const { distil, prefix } = request.loss;
  assertPrefix(request, source.model);
  // The first token of a sequence is never scored.
  const scoring = prefix > 1 ? { prefix } : {};
  const usual = objectiveOf(scoring, source.model);
  const all = usual === undefined ? ranges : ranges.map((range) => ({ ...range, objective: usual }));
  if (distil === null) return all;
  const { weight, temperature = 1, steps = Number.POSITIVE_INFINITY } = distil;
  const teacher = teacherOf(distil.teacher, request, source);
  const objective = objectiveOf({ ...scoring, distil: { teacher, weight, temperature } }, source.model);
  return joinRanges(inFirst(steps, objective, all, batch), batch);
}

function assertPrefix({ loss: { prefix }, place, fields }: ObjectiveRequest, { context }: ModelDescription): void {
  if (prefix <= context) return;
  const owner = fields.get('loss.prefix')?.owner;
  throw new BranchlineError('plan', {
    ...{ ...place, plugin: owner?.name, configPath: owner?.configPath },
    message: `does not score the first ${prefix} tokens of a sequence, which leaves none of ${context + 1}`,
    remedy: `Set loss.prefix to ${context} at most.`,
  });
}

/** Ranges of which the first steps have an objective. */
function inFirst(
  steps: number,
  objective: Objective | undefined,
  ranges: readonly StepRange[],
  batch: number,
): readonly StepRange[] {
  let left = steps;
  return ranges.flatMap((range) => {
    const count = Math.min(left, range.rate.steps);
    left -= count;
    if (count === 0) return [range];
    const first = { ...(count === range.rate.steps ? range : sliceRange(range, 0, count, batch)), objective };
    return count === range.rate.steps ? [first] : [first, sliceRange(range, count, range.rate.steps - count, batch)];
  });
}

function teacherOf(spec: TeacherSpec, request: ObjectiveRequest, source: ObjectiveSource): Teacher {
  if (spec.state === 'checkpoint') {
    const checkpoint = source.checkpoints.get(spec.from)!;
    return { key: checkpoint.digest, of: { checkpoint } };
  }
  const point = stateOf(spec, request);
  if ('message' in point) {
    const owner = request.fields.get('loss.distil')?.owner;
    throw new BranchlineError('plan', {
      ...request.place,
      plugin: owner?.name,
      configPath: owner?.configPath,
      ...point,
    });
  }
  return { key: source.keyOf(point), of: { point } };
}

function stateOf(
  spec: Exclude<TeacherSpec, { readonly state: 'checkpoint' }>,
  { place, start, states }: ObjectiveRequest,
): Point | Pick<Problem, 'message' | 'remedy'> {
  if (spec.state !== 'start') return namedState(spec, states, place.version, 'learns from');
  return start ?? { message: 'learns from the state it starts from, which is fresh weights' };
}

/** The states that a path learns from. */
export function teachersOf({ lineage, begin, end }: PlannedPath, batch: number): readonly Point[] {
  const own = takeSteps(lineage.ranges, end, batch);
  let at = 0;
  const points = own.flatMap(({ rate, objective }) => {
    at += rate.steps;
    const of = objective?.distil?.teacher.of;
    return at > begin && of !== undefined && 'point' in of ? [of.point] : [];
  });
  return [...new Set(points)];
}

/** The checkpoints that the specs of a strategy name as teachers, in order, each once. */
export function namedCheckpoints(versions: readonly DecidedVersion[]): readonly string[] {
  const specs = versions.flatMap(({ spec, forks }) => [spec, ...forks.map((fork) => fork.spec)]);
  const named = specs.flatMap(({ loss: { distil } }) =>
    distil?.teacher.state === 'checkpoint' ? [distil.teacher.from] : [],
  );
  return [...new Set(named)];
}
