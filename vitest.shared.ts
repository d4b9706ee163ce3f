import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Every package is tested from its TypeScript source: no build comes before a test. */
const conditions = ['@branchline/source', ...defaultServerConditions];

export const packageConfig = (name: string) =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      pool: 'forks',
    },
  });
