import type { ErrorCode } from '@branchline/core';

/** Exit codes; scripts may rely on them. */
export const EXIT = {
  ok: 0,
  strategy: 1,
  config: 2,
  data: 3,
  locked: 4,
  store: 5,
  budget: 6,
  internal: 70,
  interrupted: 130,
} as const;

/** Meaning of each code, for `--help` and the docs. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'success'],
  [
    EXIT.strategy,
    'a strategy failed while it was trained, or `plan` shows it as failed; the others are in the results',
  ],
  [EXIT.config, 'the command line, the experiment file or a plugin in it is wrong; nothing was trained'],
  [EXIT.data, 'the text could not be prepared'],
  [EXIT.locked, 'another process uses the run directory'],
  [EXIT.store, 'files of a run are missing, damaged or cannot be written'],
  [EXIT.budget, 'the budget is too small, or used up; what was trained is stored, and a larger one continues'],
  [EXIT.internal, 'an error of Branchline itself'],
  [EXIT.interrupted, 'interrupted; everything is stored, the same command continues'],
];

const BY_ERROR: Record<ErrorCode, number> = {
  config: EXIT.config,
  plugin: EXIT.strategy,
  plan: EXIT.strategy,
  trainer: EXIT.strategy,
  data: EXIT.data,
  locked: EXIT.locked,
  store: EXIT.store,
  damaged: EXIT.store,
  budget: EXIT.budget,
  interrupted: EXIT.interrupted,
};

/** The exit code for an error of the kernel. */
export function exitCodeOf(code: ErrorCode): number {
  return BY_ERROR[code];
}
