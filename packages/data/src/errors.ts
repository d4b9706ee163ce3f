import { BranchlineError, type ErrorCode, type Problem } from '@branchline/core';

/** Throws one error with all problems when there is any. */
export function failOn(code: ErrorCode, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new BranchlineError(code, problems);
}

/** The first few of many names, for a message. */
export function some(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}
