import { statfsSync } from 'node:fs';
import { defaultServerConditions } from 'vite';
import { configDefaults, defineConfig } from 'vitest/config';

declare module 'vitest' {
  interface ProvidedContext {
    /** True in `npm run test:full`: properties use all their draws, and long tests run. */
    readonly full?: true;
  }
}

/**
 * Whether everything is to run. Vitest loads the packages' own configurations under another mode than the workspace's.
 */
const isFull = (mode: string): boolean => mode === 'full' || /--mode[= ]full\b/.test(process.argv.join(' '));

/** What tests get by `inject`. */
export const providedIn = (mode: string): { readonly full?: true } => (isFull(mode) ? { full: true } : {});

/** Every package is tested from its TypeScript source: no build comes before a test. */
const conditions = ['@branchline/source', ...defaultServerConditions];

/** Runs of tests write and sync small files by the thousand: into memory, where Linux has 2 GiB of it to spare. */
const temporary = (): { readonly TMPDIR?: string } => {
  if (process.env.TMPDIR !== undefined || process.platform !== 'linux') return {};
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize < 2 ** 31 ? {} : { TMPDIR: '/dev/shm' };
  } catch {
    return {};
  }
};

export const packageConfig = (name: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']) =>
  defineConfig(({ mode }) => ({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include,
      // Files that take longer than about fifteen seconds: many processes, a browser, a graphics driver.
      exclude: isFull(mode) ? configDefaults.exclude : [...configDefaults.exclude, '**/*.full.test.ts'],
      env: temporary(),
      provide: providedIn(mode),
      // Far more than any test needs on an idle machine: tests run on slow and busy ones too.
      testTimeout: isFull(mode) ? 300_000 : 120_000,
      hookTimeout: 120_000,
      pool: 'forks',
      // Files of a package share processes: loading the modules anew for each took a third of the whole time. A test
      // that mocks a module resets the modules after it. Full runs isolate files, so that every test also runs alone.
      isolate: isFull(mode),
    },
  }));
