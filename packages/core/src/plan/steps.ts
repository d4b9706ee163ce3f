/** From a schedule and an order to ranges of steps, with `onStep` asked where a plugin has it. */

import { BranchlineError } from '../errors.js';
import { constantPiece, type RatePiece, rateAt, slicePiece } from '../path/rate-pieces.js';
import { joinRanges, type StepRange, sliceRange } from '../path/step-ranges.js';
import { callHook, currentHookCall, deepFreeze } from '../plugin/call-hook.js';
import { conflictProblems, mergeParts } from '../plugin/merge.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { PluginCursor } from '../plugin/services.js';
import { callWithTimeout } from '../plugin/timeout.js';
import type { ExperimentInfo, VersionInfo } from '../plugin/types.js';
import { STEP_FIELDS } from '../spec/fields.js';
import type { MaterializedOrder } from './data.js';

/**
 * The orders a path trains through, one after the other and endlessly: one pass over the data is the first `parts` of
 * them. Data in order of arrival has one part per version, so that its batches are those of the versions themselves.
 */
export interface OrderSequence {
  readonly parts: number;
  at(index: number): MaterializedOrder;
}

/**
 * Lays the pieces of a schedule over batches, beginning `skip` steps into the data. What is left of an order when no
 * whole batch fits is not used.
 */
export function layRanges(
  pieces: readonly RatePiece[],
  orders: OrderSequence,
  skip: number,
  batch: number,
): readonly StepRange[] {
  const ranges: StepRange[] = [];
  let index = 0;
  let order = orders.at(0);
  let step = skip;
  const room = () => Math.floor(order.ids.length / batch);
  const advance = () => {
    while (step >= room()) {
      step -= room();
      order = orders.at(++index);
    }
  };
  for (const piece of pieces) {
    for (let done = 0; done < piece.steps; ) {
      advance();
      const steps = Math.min(room() - step, piece.steps - done);
      ranges.push({ rate: slicePiece(piece, done, steps), order: order.digest, offset: step * batch });
      done += steps;
      step += steps;
    }
  }
  return joinRanges(ranges, batch);
}

/** The sequences of one pass that are left after `skip` steps. */
export function remainingIds(orders: OrderSequence, skip: number, batch: number): Uint32Array {
  const rest: number[] = [];
  let left = skip;
  for (let part = 0; part < orders.parts; part++) {
    const { ids } = orders.at(part);
    const used = Math.min(left, Math.floor(ids.length / batch));
    left -= used;
    for (const id of ids.subarray(used * batch)) rest.push(id);
  }
  return Uint32Array.from(rest);
}

/** What `askSteps` needs to know about the path. */
export interface StepQuestion {
  readonly strategy: PreparedStrategy;
  readonly experiment: ExperimentInfo;
  readonly version: VersionInfo;
  readonly path: string;
  readonly ranges: readonly StepRange[];
  readonly steps: number;
  readonly ids: (order: string) => Uint32Array;
  /** State and random streams of every plugin at the beginning of the path; moved along by the steps. */
  readonly cursors: readonly PluginCursor[];
  /** Called before a step is asked about: branches copy the cursors of their parent here. */
  readonly before?: (step: number) => void;
}

export interface AskedSteps {
  readonly ranges: readonly StepRange[];
  /** Steps of the path: fewer than asked when a plugin stopped it. */
  readonly steps: number;
  /** Steps after which the state is kept. */
  readonly captures: readonly number[];
}

/** Asks `onStep` for every step. Costs nothing when no plugin has it. */
export function askSteps(question: StepQuestion): AskedSteps {
  const { strategy, steps } = question;
  if (!strategy.plugins.some(({ hooks }) => hooks.onStep)) return { ranges: question.ranges, steps, captures: [] };
  for (const [index, { services }] of strategy.plugins.entries()) services.cursor = question.cursors[index];
  try {
    return askEach(question);
  } finally {
    for (const { services } of strategy.plugins) services.cursor = undefined;
  }
}

/** Steps are asked about in bundles of so many milliseconds: each bundle is watched, and to watch every step would cost more than to ask. */
const BUNDLE_MS = 100;

function askEach(question: StepQuestion): AskedSteps {
  const { strategy, experiment } = question;
  const asked: StepRange[] = [];
  const captures: number[] = [];
  const places = placesOf(question.ranges);
  let step = 0;
  const askBundle = (): boolean => {
    const until = performance.now() + BUNDLE_MS;
    do {
      const place = places.next();
      if (place.done) return false;
      const { range, index } = place.value;
      question.before?.(step);
      const answer = askStep(question, range, index, step);
      asked.push(answer.range);
      step++;
      if (answer.capture) captures.push(step);
      if (answer.stop) return false;
    } while (performance.now() < until);
    return true;
  };
  while (callWithTimeout(strategy.timeoutSeconds, currentHookCall, askBundle));
  return { ranges: joinRanges(asked, experiment.batch), steps: step, captures };
}

/** Every step of a list of ranges, with its index in its range. */
function* placesOf(ranges: readonly StepRange[]): Generator<{ readonly range: StepRange; readonly index: number }> {
  for (const range of ranges) for (let index = 0; index < range.rate.steps; index++) yield { range, index };
}

/** Asks about one step and settles its fields. */
function askStep(
  { strategy, experiment, version, path, steps, ids }: StepQuestion,
  range: StepRange,
  index: number,
  step: number,
) {
  const { batch } = experiment;
  const rate = rateAt(range.rate, index);
  const first = range.offset + index * batch;
  const sequences = ids(range.order).slice(first, first + batch);
  const place = { path, step };
  const context = deepFreeze({ experiment, strategy: strategy.name, version, path, step, steps, rate, sequences });
  const parts = callHook(strategy, 'onStep', version.index, context, place);
  const { fields, conflicts, problems: wrong } = mergeParts(STEP_FIELDS, parts, {}, strategy.configPath);
  const problems = [...wrong, ...conflictProblems(conflicts, strategy.configPath)];
  const at = { strategy: strategy.name, version: version.index, hook: 'onStep', ...place };
  const weights = fields.get('weights')?.value as readonly number[] | null | undefined;
  if (weights && weights.length !== batch) {
    const message = `weights has ${weights.length} entries, the batch has ${batch} sequences`;
    throw new BranchlineError('plugin', { ...at, plugin: fields.get('weights')!.owner.name, message });
  }
  if (problems.length > 0) {
    throw new BranchlineError(
      'plugin',
      problems.map((problem) => ({ ...at, ...problem })),
    );
  }
  const factor = (fields.get('lr.factor')?.value as number | undefined) ?? 1;
  const base = sliceRange(range, index, 1, batch);
  return {
    range: {
      ...base,
      rate: factor === 1 ? base.rate : constantPiece(rate * factor, 1),
      ...(weights && { weights }),
    } satisfies StepRange,
    capture: fields.get('capture')?.value === true,
    stop: fields.get('stop')?.value === true,
  };
}
