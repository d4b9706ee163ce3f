import type { Problem } from '@branchline/core';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** `data` + `['sources', 0, 'files']` -> `data.sources[0].files`. */
function join(path: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>(
    (joined, key) => (typeof key === 'number' ? `${joined}[${key}]` : `${joined}.${String(key)}`),
    path,
  );
}

/** Whether an issue rejects the whole value: not an object, or not one of the allowed words. */
function isShape({ path, code }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

/** The union alternative that the user most likely meant: the fewest whole-value issues, missing keys and issues. */
function likeliest(alternatives: readonly Issue[][]): readonly Issue[] {
  const wrongShape = (issues: readonly Issue[]) => issues.filter(isShape).length;
  const missing = (issues: readonly Issue[]) =>
    issues.filter((issue) => issue.code === 'invalid_type' && issue.input === undefined).length;
  return [...alternatives].sort(
    (a, b) => wrongShape(a) - wrongShape(b) || missing(a) - missing(b) || a.length - b.length,
  )[0]!;
}

/** Converts zod issues to problems, each with its config path. */
export function problemsOf(issues: readonly Issue[], path: string): Problem[] {
  return issues.flatMap((issue) => {
    const at = join(path, issue.path);
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const best = likeliest(issue.errors);
      const shapeless = best.every(isShape);
      if (!shapeless) return problemsOf(best, at);
    }
    if (issue.code === 'unrecognized_keys') {
      const [, ...remedies] = issue.message.split('\n');
      return issue.keys.map((key, index) => ({
        configPath: join(at, [key]),
        message: 'there is no such setting',
        remedy: remedies[index]!,
      }));
    }
    return [{ configPath: at, message: messageOf(issue), remedy: 'Correct it in the experiment.' }];
  });
}

/** Zod's own messages name the limit of a number but not the number itself. */
function messageOf(issue: Issue): string {
  const { input } = issue;
  if (typeof input !== 'number') return issue.message;
  if (issue.code === 'too_small') return `${input} is not ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `${input} is not ${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`;
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.expected === 'string') return `${input} is a number, but text is needed; write it in quotes`;
  return `${input} is not a${issue.expected === 'int' ? ' whole number' : `n ${issue.expected}`}`;
}
