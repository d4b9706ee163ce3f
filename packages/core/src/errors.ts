import { inspect } from 'node:util';

/** Where an error occurred, as far as known. */
export interface ErrorPlace {
  readonly plugin?: string;
  /** Version of the model, from 1. */
  readonly version?: number;
  readonly hook?: string;
  readonly strategy?: string;
  readonly path?: string;
  readonly step?: number;
  /** Path in the experiment file, e.g. `strategies.continual[0].options.alpha`. */
  readonly configPath?: string;
}

/** One problem: what is wrong, where, and how to fix it. */
export interface Problem extends ErrorPlace {
  readonly message: string;
  readonly remedy?: string;
}

/**
 * Category of an error.
 *
 * - `config`: the experiment of the user is invalid.
 * - `plugin`: a plugin threw or returned something invalid.
 * - `plan`: a plan cannot be trained.
 * - `data`: the corpus cannot be used.
 * - `store`: files of a run cannot be read or written.
 * - `damaged`: the content of a file is not what was written; the file was set aside.
 * - `locked`: another process uses the run directory.
 * - `trainer`: training failed.
 * - `budget`: the budget is too small or used up.
 * - `interrupted`: the user stopped the run.
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

/** The only error class that the kernel throws on purpose. `cause` is the original error, unchanged. */
export class BranchlineError extends Error {
  override readonly name = 'BranchlineError';
  readonly code: ErrorCode;
  /** All problems found; at least one. */
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: Problem | readonly Problem[], options?: { cause?: unknown }) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(formatProblem).join('\n'), options);
    this.code = code;
    this.problems = list;
  }
}

/** An error that stopped some strategies while the others continued. */
export interface Failure {
  readonly strategies: readonly string[];
  /** Absent: all seeds of the experiment. */
  readonly seeds?: readonly number[];
  readonly error: BranchlineError;
}

/** Formats a problem as one line, `place: message`, with the remedy on a second line. */
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

/** The message of a thrown value of any type. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}
