import { inspect } from 'node:util';

/** Where something went wrong, as far as it is known. */
export interface ErrorPlace {
  readonly plugin?: string;
  /** Version of the model, from 1. */
  readonly version?: number;
  readonly hook?: string;
  readonly strategy?: string;
  readonly path?: string;
  readonly step?: number;
  /** Place in the experiment file, e.g. `strategies.continual[0].options.alpha`. */
  readonly configPath?: string;
}

/** One thing that is wrong: what, where, and what to do. */
export interface Problem extends ErrorPlace {
  readonly message: string;
  readonly remedy?: string;
}

/**
 * What failed. `config`: the user's experiment. `plugin`: a plugin's code. `plan`: a plan that cannot be trained.
 * `data`: the corpus. `store`: files of a run. `damaged`: a file whose content is not what was written; it was set
 * aside. `locked`: another process uses the run. `trainer`: training itself. `budget`: the budget is too small or used
 * up. `interrupted`: the user.
 */
export type ErrorCode =
  | 'config'
  | 'plugin'
  | 'plan'
  | 'data'
  | 'store'
  | 'damaged'
  | 'locked'
  | 'trainer'
  | 'budget'
  | 'interrupted';

/** The one class of errors that cross the kernel. `cause` is the original error, untouched. */
export class BranchlineError extends Error {
  override readonly name = 'BranchlineError';
  readonly code: ErrorCode;
  /** All problems found, at least one. */
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: Problem | readonly Problem[], options?: { cause?: unknown }) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(formatProblem).join('\n'), options);
    this.code = code;
    this.problems = list;
  }
}

/** What stopped some strategies while the others went on. */
export interface Failure {
  readonly strategies: readonly string[];
  /** Absent: all seeds of the experiment. */
  readonly seeds?: readonly number[];
  readonly error: BranchlineError;
}

/** One line: place, plugin, message; and the remedy on the next. */
export function formatProblem(problem: Problem): string {
  const { configPath, strategy, version, path, step, plugin, hook, message, remedy } = problem;
  const place = [
    configPath,
    configPath === undefined && strategy !== undefined && `strategy "${strategy}"`,
    version !== undefined && `version ${version}`,
    path !== undefined && `path ${path}`,
    step !== undefined && `step ${step}`,
    plugin !== undefined && `plugin ${plugin}`,
    hook,
  ].filter(Boolean);
  return `${place.length > 0 ? `${place.join(', ')}: ` : ''}${message}${remedy ? `\n    ${remedy}` : ''}`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}
