/**
 * Known cycles by package, still to be repaired: each a set of folders or files of `src/` that import each other. A
 * cycle within one of these sets is printed and does not fail. Empty this list.
 */
export const KNOWN_CYCLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  core: [
    ['graph', 'kernel', 'ledger', 'plan', 'plugin', 'run', 'store'],
    ['kernel/comparison.ts', 'kernel/results.ts'],
    ['kernel/failures.ts', 'kernel/plan.ts'],
  ],
  data: [
    ['schema.ts', 'tokenizers'],
    ['scoring.ts', 'sources.ts'],
  ],
  testing: [['strategy/examples.ts', 'strategy/tables.ts']],
  'tfjs-jit': [['kernels', 'ops']],
  'trainer-tfjs': [['candidates.ts', 'options.ts']],
};
