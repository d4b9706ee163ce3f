/** Kinds of files in installed packages, for text of several domains. */
export const INCLUDE = {
  docs: ['**/*.md'],
  source: ['**/*.js', '**/*.mjs', '**/*.cjs'],
  types: ['**/*.d.ts', '**/*.d.mts', '**/*.d.cts'],
  data: ['**/*.json'],
};
