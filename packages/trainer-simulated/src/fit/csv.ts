/** Reads loss curves from CSV files. */
import { type LossCurve, type RatePoint, ratesThrough } from './curve.js';

/** A problem of a file. */
export interface CurveProblem {
  /** Line of the file, from 1; absent: the whole file. */
  readonly line?: number;
  readonly message: string;
}

/** Options of `parseCurve`. */
export interface CurveOptions {
  readonly name: string;
  /** Name of the column with losses. Default `loss`. */
  readonly column?: string;
  /**
   * Steps of a linear warm-up from 0 before the first row. Default 0. Rows that have the warm-up themselves need none.
   */
  readonly warmup?: number;
  /** Losses before this step are left out: laws do not hold early in training. Default: those of the warm-up. */
  readonly from?: number;
}

/** Fewest points with a loss: a law has five to seven constants. */
export const MIN_POINTS = 10;

/**
 * Reads a curve from the text of a CSV file with the columns `step`, `lr` and one of losses; other columns are ignored.
 * A step is the number of steps made when the loss was measured, and `lr` the rate of the step after. A row can lack
 * its loss or its rate. Returns the curve, or every problem of the file.
 */
export function parseCurve(text: string, options: CurveOptions): LossCurve | readonly CurveProblem[] {
  const { name, column = 'loss', warmup = 0 } = options;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length === 0) return [{ message: 'is empty' }];
  const head = lines[0]!.split(',').map(unquoted);
  const wanted = ['step', 'lr', column];
  const missing = wanted.filter((one) => !head.includes(one));
  if (missing.length > 0) {
    return missing.map((one) => ({ line: 1, message: `has no column "${one}": its columns are ${head.join(', ')}` }));
  }
  const [stepAt, lrAt, lossAt] = wanted.map((one) => head.indexOf(one));
  const problems: CurveProblem[] = [];
  const schedule: RatePoint[] = [];
  const points: (readonly [step: number, loss: number])[] = [];
  let last = -1;
  for (const [index, row] of lines.entries()) {
    if (index === 0 || row.trim() === '') continue;
    const line = index + 1;
    const wrong = (message: string) => void problems.push({ line, message });
    const cells = row.split(',').map(unquoted);
    const step = Number(cells[stepAt!] || Number.NaN);
    if (!Number.isInteger(step) || step < 0 || step > MAX_STEPS) {
      wrong(`step "${cells[stepAt!] ?? ''}" is not a whole number from 0 to ${MAX_STEPS}`);
      continue;
    }
    if (step <= last) wrong(`step ${step} comes after step ${last}: steps must ascend`);
    last = Math.max(last, step);
    const rate = numberIn(cells[lrAt!]);
    if (rate !== undefined) {
      if (Number.isFinite(rate) && rate >= 0) schedule.push([step, rate]);
      else wrong(`lr "${cells[lrAt!]}" is not a rate, a finite number of 0 or more`);
    }
    const loss = numberIn(cells[lossAt!]);
    if (loss !== undefined) {
      if (Number.isFinite(loss) && loss > 0) points.push([step, loss]);
      else wrong(`${column} "${cells[lossAt!]}" is not a loss, a finite number above 0`);
    }
  }
  const begin = options.from ?? warmupEnd(schedule, warmup);
  const used = points.filter(([step]) => step >= Math.max(1, begin));
  if (problems.length === 0 && schedule.length === 0) problems.push({ message: 'has no learning rate' });
  if (problems.length === 0 && used.length < MIN_POINTS) {
    const message = `has ${used.length} losses from step ${begin} on; a fit needs ${MIN_POINTS} or more of each curve`;
    problems.push({ message });
  }
  if (problems.length > 0) return problems;
  // A rate holds until the next one, so the last loss may be behind the last rate.
  const [end, rate] = schedule.at(-1)!;
  const whole = last > end ? [...schedule, [last, rate] as const] : schedule;
  return {
    name,
    rates: ratesThrough(whole, warmup),
    steps: Float64Array.from(used, ([step]) => step),
    losses: Float64Array.from(used, ([, loss]) => loss),
  };
}

/** More would need gigabytes. */
const MAX_STEPS = 100_000_000;

const unquoted = (cell: string) => cell.trim().replace(/^"(.*)"$/, '$1');

/** Undefined for an empty cell. */
const numberIn = (cell: string | undefined) => (cell === undefined || cell === '' ? undefined : Number(cell));

/** The step at which the rates stop rising, or the given warm-up has ended. */
function warmupEnd(schedule: readonly RatePoint[], warmup: number): number {
  let end = warmup;
  for (const [index, [step, rate]] of schedule.entries()) {
    if (index > 0 && rate <= schedule[index - 1]![1]) break;
    if (index > 0) end = Math.max(end, step);
  }
  return end;
}
