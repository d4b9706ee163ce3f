import { BranchlineError, type ErrorCode, type Problem } from '@branchline/core';

/** Throws one error that lists all problems, if there are any. */
export function failOn(code: ErrorCode, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new BranchlineError(code, problems);
}

/** The first `limit` names and a count of the rest, for messages. */
export function some(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}

/** The error of an aborted preparation. */
export function interrupted(cause: unknown): BranchlineError {
  const message = 'interrupted during data preparation; unfinished files were removed';
  return new BranchlineError('interrupted', { message, remedy: 'Run the same command again.' }, { cause });
}
