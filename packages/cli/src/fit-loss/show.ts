/** `fit-loss`: fits a law and prints how far off it is. */
import { BranchlineError, messageOf, writeFileAtomic } from '@branchline/core';
import {
  fitLaw,
  type LawErrors,
  type LawForm,
  type LossCurve,
  type LossLaw,
  relativeErrors,
  relativeInterval,
  summarizeErrors,
} from '@branchline/trainer-simulated';
import { percentOf } from '../ui/predicted-text.js';
import { printable } from '../ui/printable.js';
import { type Style, styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';
import { readCurves } from './read-curves.js';

/** Arguments of `fit-loss`. */
export interface FitArguments {
  readonly curves: readonly string[];
  readonly form: LawForm;
  readonly fit: readonly string[] | undefined;
  readonly column: string;
  readonly warmup: number;
  readonly from: number | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** Errors of a law on one curve. */
interface CurveErrors extends LawErrors {
  readonly name: string;
  readonly fitted: boolean;
}

/**
 * Fits a law, prints constants and errors, and writes the law if a file is named. The file is complete or absent: it
 * gets its name when it is written. Throws a `config` error with all problems of the curves.
 */
export async function fitCurves({ curves, form, fit, column, warmup, from, out, json }: FitArguments): Promise<void> {
  for (const [name, value] of Object.entries({ warmup, from })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      throw new BranchlineError('config', { message: `--${name} ${value} is not a whole number of steps, 0 or more` });
    }
  }
  const { fitted, heldOut } = await readCurves(curves, fit, { column, warmup, from });
  const law = fitted.length === 0 ? undefined : lawOf(fitted, heldOut, form);
  if (law === undefined) throw new BranchlineError('config', { message: 'there is no curve to fit to' });
  if (out !== undefined) await writeFileAtomic(out, `${JSON.stringify(law, null, 2)}\n`);
  const errors = [
    ...fitted.map((curve) => errorsOf(law, curve, true)),
    ...heldOut.map((curve) => errorsOf(law, curve, false)),
  ];
  if (json) {
    process.stdout.write(`${JSON.stringify({ law, curves: errors, ...(out !== undefined && { out }) }, null, 2)}\n`);
  } else {
    process.stdout.write(`${lawText(law, errors, styleFor(process.stdout), out)}\n`);
  }
}

function lawOf(fitted: readonly LossCurve[], heldOut: readonly LossCurve[], form: LawForm): LossLaw {
  try {
    return fitLaw(fitted, { form, heldOut });
  } catch (cause) {
    throw new BranchlineError('config', { message: messageOf(cause) }, { cause });
  }
}

function errorsOf(law: LossLaw, curve: LossCurve, fitted: boolean): CurveErrors {
  return { name: curve.name, fitted, ...summarizeErrors([relativeErrors(law, curve)]) };
}

function lawText(law: LossLaw, errors: readonly CurveErrors[], style: Style, out: string | undefined): string {
  const constants = Object.entries(law.constants).map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`);
  const cells = (one: LawErrors) => [String(one.points), ...[one.mean, one.max, one.end].map(percentOf)];
  const rows = errors.map(({ fitted, name, ...one }) => [name, fitted ? 'fitted' : 'predicted', ...cells(one)]);
  const { heldOut } = law.fitted;
  const sums = [
    ['all that were fitted', 'fitted', ...cells(law.fitted.errors)],
    ...(heldOut === undefined ? [] : [['all others', 'predicted', ...cells(heldOut)]]),
  ];
  const interval = percentOf(relativeInterval(law));
  return [
    `${style.bold(law.form)}  ${constants.join('  ')}`,
    table(['curve', '', 'losses', 'mean error', 'max', 'at the end'], [...rows, ...sums], style, [2, 3, 4, 5]),
    ...(heldOut === undefined
      ? [
          `No curve was left to predict: errors on fitted curves say little of other schedules. Leave some out with --fit.`,
        ]
      : []),
    `Errors are relative to the loss. Predictions get the interval ±${interval}, in which 95% of these losses are.`,
    ...(out === undefined
      ? []
      : [`wrote ${printable(out)}; to predict with it: trainer: simulated({ law: '${printable(out)}' })`]),
  ].join('\n\n');
}
