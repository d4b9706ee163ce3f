import { DIMENSIONS, type Dimension } from '@branchline/accounting';
import { BranchlineError, didYouMean } from '@branchline/core';

/** Parses a list such as `strategy,version`. Throws one error with all unknown names. */
export function parseDimensions(text: string): readonly Dimension[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.filter((name) => !DIMENSIONS.some((dimension) => dimension === name));
  if (unknown.length === 0) return names as Dimension[];
  throw new BranchlineError(
    'config',
    unknown.map((name) => ({ message: `--by: there is no "${name}"`, remedy: didYouMean(name, DIMENSIONS) })),
  );
}
