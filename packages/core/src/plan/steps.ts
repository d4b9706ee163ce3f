/** Turns a schedule and a data order into step ranges; with `onStep`, steps are decided one by one. */
import { BranchlineError } from '../errors.js';
import { constantPiece, type RatePiece, rateAt, slicePiece } from '../path/rate-pieces.js';
import { joinRanges, type StepRange, sliceRange } from '../path/step-ranges.js';
import type { PluginDriver, SteppedPath } from '../plugin/driver.js';
import type { Merged } from '../plugin/merge.js';
import type { StepSpec } from '../spec/fields.js';
import type { MaterializedOrder } from './data.js';

/**
 * The endless list of data orders that a path trains through; the first `parts` of them are one pass. Data in order of
 * arrival has one part per version, so that no batch mixes versions.
 */
export interface OrderSequence {
  readonly parts: number;
  at(index: number): MaterializedOrder;
}

/**
 * Assigns batches to the pieces of a schedule, starting `skip` steps into the data. Sequences at the end of an order
 * that do not fill a batch are not used.
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

/** A path whose steps are to be decided. */
export interface StepsInput extends SteppedPath {
  readonly ranges: readonly StepRange[];
  readonly ids: (order: string) => Uint32Array;
  /** Ranks of sequences by score; absent without scores. */
  readonly ranks: ((sequences: Uint32Array) => Float64Array) | undefined;
  /** Called before each step is decided; branches copy the cursors of their parent here. */
  readonly before?: (step: number) => void;
}

/** The decided steps of a path. */
export interface DecidedSteps {
  readonly ranges: readonly StepRange[];
  /** Number of steps; fewer than planned when a plugin stopped the path. */
  readonly steps: number;
  /** Step counts after which the state is captured. */
  readonly captures: readonly number[];
}

/** Decides every step of a path. Does nothing per step when no plugin has `onStep`. */
export function decideSteps(driver: PluginDriver, input: StepsInput): DecidedSteps {
  if (!driver.decidesSteps) return { ranges: input.ranges, steps: input.steps, captures: [] };
  const { batch } = driver.experiment;
  const decided: StepRange[] = [];
  const captures: number[] = [];
  const places = placesOf(input.ranges);
  const decide = driver.steps(input);
  let step = 0;
  driver.inBatches(() => {
    const place = places.next();
    if (place.done) return false;
    const { range, index } = place.value;
    input.before?.(step);
    const rate = rateAt(range.rate, index);
    const first = range.offset + index * batch;
    const sequences = input.ids(range.order).slice(first, first + batch);
    const fields = decide({ step, rate, sequences, ...(input.ranks && { ranks: input.ranks(sequences) }) });
    decided.push(rangeOf(driver, input, sliceRange(range, index, 1, batch), { step, rate, fields }));
    step++;
    if (fields.get('capture')?.value === true) captures.push(step);
    return fields.get('stop')?.value !== true;
  });
  return { ranges: joinRanges(decided, batch), steps: step, captures };
}

/** Yields every step of a list of ranges, with its index in its range. */
function* placesOf(ranges: readonly StepRange[]): Generator<{ readonly range: StepRange; readonly index: number }> {
  for (const range of ranges) for (let index = 0; index < range.rate.steps; index++) yield { range, index };
}

/**
 * The range of one step with the fields that plugins set. Throws a `plugin` error when `weights` has the wrong length.
 */
function rangeOf(
  { strategy, experiment: { batch } }: PluginDriver,
  { version, path }: StepsInput,
  range: StepRange,
  { step, rate, fields }: { readonly step: number; readonly rate: number; readonly fields: Merged['fields'] },
): StepRange {
  const weights = fields.get('weights')?.value as StepSpec['weights'] | undefined;
  if (weights && weights.length !== batch) {
    const message = `weights has ${weights.length} entries, the batch has ${batch} sequences`;
    const place = { strategy: strategy.name, version: version.index, hook: 'onStep', path, step };
    const { name: plugin, configPath } = fields.get('weights')!.owner;
    const remedy = 'Return one weight for each id in context.sequences.';
    throw new BranchlineError('plugin', { ...place, plugin, configPath, message, remedy });
  }
  const factor = (fields.get('lr.factor')?.value as number | undefined) ?? 1;
  return {
    ...range,
    rate: factor === 1 ? range.rate : constantPiece(rate * factor, 1),
    ...(weights && { weights }),
  };
}
