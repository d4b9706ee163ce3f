/** One thing that is wrong, where it was configured, and what sets it right. */
export interface DataProblem {
  /** Path into the experiment, e.g. `data.sources[0].files`. */
  readonly path: string;
  readonly message: string;
  /** What to do about it, as an instruction. */
  readonly remedy: string;
}

/** Everything that is wrong with the data of an experiment, in one error. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly problems: readonly DataProblem[];

  constructor(problems: readonly DataProblem[], options?: ErrorOptions) {
    super(problems.map((problem) => `${problem.path}: ${problem.message}\n  ${problem.remedy}`).join('\n'), options);
    this.problems = problems;
  }
}

/** Throws a `DataError` when there is any problem. */
export function failOn(problems: readonly DataProblem[]): void {
  if (problems.length > 0) throw new DataError(problems);
}

/** The first few of many names, for a message. */
export function some(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}
