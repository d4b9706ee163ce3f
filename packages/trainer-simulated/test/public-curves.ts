/**
 * Public loss curves, read from the folder that BRANCHLINE_CURVES names: `multi-power-law` of arXiv 2503.12811 and
 * `lr-scheduling` (a 124M model on SlimPajama). They are not in the repository.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCurve } from '../src/fit/csv.js';
import type { LossCurve } from '../src/fit/curve.js';
import { relativeErrors, summarizeErrors } from '../src/fit/errors.js';
import type { LawErrors, LossLaw } from '../src/law/law.js';

const FOLDER = process.env.BRANCHLINE_CURVES ?? '';

/** Whether the curves are there. Prints why tests are skipped otherwise. */
export const hasCurves = existsSync(join(FOLDER, 'multi-power-law')) && existsSync(join(FOLDER, 'lr-scheduling'));
if (!hasCurves) {
  process.stderr.write(
    'SKIPPED: tests on public loss curves. Set BRANCHLINE_CURVES to a folder with multi-power-law and lr-scheduling.\n',
  );
}

/** The nine schedules of `multi-power-law`. */
export const SCHEDULES = [
  ...['constant_24000', 'constant_72000', 'cosine_24000', 'cosine_72000', 'wsd_20000_24000', 'wsdld_20000_24000'],
  ...['wsdcon_3', 'wsdcon_9', 'wsdcon_18'],
];

/** A curve of `multi-power-law`, after its warm-up. */
export function multiPowerCurve(size: number, name: string): LossCurve {
  const text = readFileSync(join(FOLDER, 'multi-power-law', `csv_${size}`, `${name}.csv`), 'utf8');
  return sound(parseCurve(text, { name, warmup: 2160 }));
}

const runs = () => join(FOLDER, 'lr-scheduling', 'runs');
const rowsOf = (file: string) => readFileSync(join(runs(), file), 'utf8').trim().split('\n');
const fileOf = (start: string, rate: string, of = '') =>
  readdirSync(runs()).find((file) => file.startsWith(start) && file.includes(`_lr${rate}_`) && file.includes(of))!;

/** Validation losses of rows of `lr-scheduling`, from step 1000 on: laws do not hold earlier. */
const validation = (name: string, rows: readonly string[], from = 1000) =>
  sound(parseCurve(rows.join('\n'), { name, column: 'val_loss', from: Math.max(from, 1000) }));

const stepOf = (row: string) => Number(row.split(',')[0]);

/** What fits of `lr-scheduling` may use: so many steps at a constant rate, and a cosine to a tenth over as many. */
export function fittedCurves(rate: string, steps = 25_000): readonly LossCurve[] {
  const trunk = rowsOf(fileOf('stable', rate)).filter((row, index) => index === 0 || stepOf(row) <= steps);
  return [validation('constant', trunk), validation('cosine', rowsOf(fileOf('cos-10', rate, `_iter${steps}_`)))];
}

/** The 24 linear cooldowns to 0 of `lr-scheduling`, each with the rates of the trunk before it. */
export function cooldowns(rate: string): readonly LossCurve[] {
  const trunk = rowsOf(fileOf('stable', rate));
  const files = readdirSync(runs()).filter(
    (file) => file.startsWith('ann') && file.includes(`_lr${rate}_`) && file.includes('_decay_linear_'),
  );
  return files.map((file) => {
    const [head, ...own] = rowsOf(file);
    const begin = stepOf(own[0]!);
    const before = trunk.slice(1).filter((row) => stepOf(row) < begin);
    return validation(/linear_(.*?)_bs/.exec(file)![1]!, [head!, ...before, ...own], begin);
  });
}

function sound(parsed: ReturnType<typeof parseCurve>): LossCurve {
  if ('rates' in parsed) return parsed;
  throw new Error(parsed.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
}

/** Errors at all points, and the mean and the largest error of the ends. */
export function errorsOn(law: LossLaw, curves: readonly LossCurve[]): LawErrors & { readonly ends: number } {
  const errors = curves.map((curve) => relativeErrors(law, curve));
  const ends = errors.map((one) => Math.abs(one.at(-1)!));
  return { ...summarizeErrors(errors), ends: ends.reduce((sum, end) => sum + end, 0) / ends.length };
}

/** Prints a line of figures, as docs/predict-losses.md has them. */
export function print(what: string, { mean, max, ends, end, p95 }: ReturnType<typeof errorsOn>): void {
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  process.stdout.write(
    `${what}: points mean ${percent(mean)}, 95% below ${percent(p95)}, max ${percent(max)}; ends mean ${percent(ends)}, max ${percent(end)}\n`,
  );
}
