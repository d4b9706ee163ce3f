/** Reads the curves that `fit-loss` is given. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { BranchlineError, didYouMean, messageOf, type Problem } from '@branchline/core';
import { type CurveOptions, type LossCurve, parseCurve } from '@branchline/trainer-simulated';
import { curvesOfRun } from './run-curves.js';

/** Problems of a file that are listed; more are counted. */
const LISTED = 10;

/** Curves to fit to, and curves to predict. */
export interface Curves {
  readonly fitted: readonly LossCurve[];
  readonly heldOut: readonly LossCurve[];
}

/**
 * Reads CSV files and run directories. `fit`: names of the curves to fit to; default all. Throws one `config` error
 * with every problem of every file.
 */
export async function readCurves(
  paths: readonly string[],
  fit: readonly string[] | undefined,
  options: Omit<CurveOptions, 'name'>,
): Promise<Curves> {
  const problems: Problem[] = [];
  const curves: LossCurve[] = [];
  for (const path of new Set(paths)) {
    try {
      if ((await stat(path)).isDirectory()) {
        curves.push(...(await curvesOfRun(path, options.from)));
        continue;
      }
      const parsed = parseCurve(await readFile(path, 'utf8'), { ...options, name: nameOf(path, paths) });
      if ('rates' in parsed) curves.push(parsed);
      else problems.push(...listed(path, parsed));
    } catch (error) {
      if (error instanceof BranchlineError) problems.push(...error.problems);
      else problems.push({ message: `${path} cannot be read: ${messageOf(error)}` });
    }
  }
  const names = curves.map(({ name }) => name);
  const unknown = (fit ?? []).filter((wanted) => !names.some((name) => isNamed(name, wanted)));
  // A file with problems is not unknown.
  for (const name of unknown.filter((wanted) => !paths.some((path) => isNamed(nameOf(path, paths), wanted)))) {
    problems.push({ message: `--fit: no curve is called "${name}"`, remedy: didYouMean(name, names) });
  }
  if (problems.length > 0) throw new BranchlineError('config', problems);
  const isFitted = ({ name }: LossCurve) => fit === undefined || fit.some((wanted) => isNamed(name, wanted));
  return { fitted: curves.filter(isFitted), heldOut: curves.filter((curve) => !isFitted(curve)) };
}

/** The file's name, or its path if several files have the name. */
function nameOf(path: string, paths: readonly string[]): string {
  const name = basename(path);
  return new Set(paths).size > 1 && new Set(paths.filter((other) => basename(other) === name)).size > 1 ? path : name;
}

const isNamed = (name: string, wanted: string) => [name, name.replace(/\.csv$/, '')].includes(wanted);

function listed(path: string, problems: Exclude<ReturnType<typeof parseCurve>, LossCurve>): readonly Problem[] {
  const shown = problems.slice(0, LISTED).map(({ line, message }) => ({
    message: line === undefined ? `${path} ${message}` : `${path}, line ${line}: ${message}`,
  }));
  const more = problems.length - shown.length;
  return more === 0 ? shown : [...shown, { message: `${path}: ${more} more problems` }];
}
