import { defineConfig } from 'vitest/config';
import { providedIn } from './vitest.shared.ts';

export default defineConfig(({ mode }) => ({
  test: {
    projects: ['packages/*', 'tools', 'examples/plugins'],
    provide: providedIn(mode),
    // Vitest's own default leaves one core idle: half of a machine with two.
    maxWorkers: '100%',
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      // tools/coverage.mjs makes a table of packages of it, and has their floors.
      reporter: ['json-summary'],
      reportOnFailure: true,
      reportsDirectory: 'node_modules/.cache/coverage',
    },
  },
}));
