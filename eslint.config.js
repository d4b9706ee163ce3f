import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/**
 * Which package may import which (docs/architecture.md). A package names its scope in `nx.tags` of its package.json.
 * Core imports no other package; a plugin imports core alone, so it never meets a trainer; only the CLI sees all.
 */
const libraries = {
  core: [],
  model: ['core'],
  evaluation: ['core'],
  data: ['core', 'evaluation'],
  jit: [],
  comparison: ['core', 'evaluation'],
  accounting: ['core', 'evaluation'],
  reproductions: ['core', 'evaluation', 'data', 'plugin', 'report', 'comparison'],
  trainer: ['core', 'model', 'jit', 'testing'],
  testing: ['core', 'evaluation'],
  plugin: ['core', 'testing'],
  report: ['core', 'evaluation'],
  queue: ['core'],
  logging: ['core'],
  watch: ['core', 'evaluation', 'report', 'logging'],
  api: [
    'core',
    'evaluation',
    'model',
    'data',
    'trainer',
    'plugin',
    'report',
    'comparison',
    'accounting',
    'queue',
    'logging',
    'watch',
  ],
};

const mayUse = {
  ...libraries,
  cli: Object.keys(libraries),
  tools: [...Object.keys(libraries), 'cli'],
};

const onlyThroughDi = [
  { name: 'tsyringe', message: "Import from core's di.ts: it loads the reflect polyfill first." },
  { name: 'reflect-metadata', message: "Import from core's di.ts." },
];

const NO_RANDOM = {
  object: 'Math',
  property: 'random',
  message: 'Same config, same bits: draw from a counter-based stream.',
};
const NO_TERMINAL = 'A library returns values and throws errors; the command line writes and ends the process.';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', '.nx/**', 'runs/**', '**/*.config.js', '**/*.mjs', '**/files/**'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: ['.*/vitest\\.shared(\\.ts|\\.js)?$'],
          enforceBuildableLibDependency: false,
          depConstraints: Object.entries(mayUse).map(([scope, allowed]) => ({
            sourceTag: `scope:${scope}`,
            onlyDependOnLibsWithTags: [`scope:${scope}`, ...allowed.map((name) => `scope:${name}`)].filter(
              (tag) => scope !== 'plugin' || tag !== 'scope:plugin',
            ),
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-imports': ['error', { paths: onlyThroughDi }],
      'no-restricted-properties': ['error', NO_RANDOM],
    },
  },
  {
    // What ships does not lean on the test kit.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'packages/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [...onlyThroughDi, { name: '@branchline/testing', message: 'For tests only.' }] },
      ],
    },
  },
  {
    // A library: only the command line (and the tools) writes to a terminal, reads the arguments or ends the process.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'packages/cli/**'],
    rules: {
      'no-restricted-globals': ['error', { name: 'console', message: NO_TERMINAL }],
      'no-restricted-properties': [
        'error',
        NO_RANDOM,
        ...[
          'stdout',
          'stderr',
          'stdin',
          'exit',
          'exitCode',
          'argv',
          'on',
          'once',
          'addListener',
          'prependListener',
        ].map((property) => ({ object: 'process', property, message: NO_TERMINAL })),
      ],
    },
  },
  {
    // Examples are what a stranger would write: they know what is published, and nothing behind it.
    files: ['examples/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!branchline$|@branchline/(core|testing)$|vitest(/config)?$|\\.)|/packages/|/src/',
              message: "An example imports 'branchline', '@branchline/core' and, in tests, '@branchline/testing'.",
            },
          ],
        },
      ],
    },
  },
  { files: ['packages/core/src/di.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
