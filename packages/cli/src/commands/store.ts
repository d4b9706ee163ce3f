import type { Argv, CommandModule } from 'yargs';
import { type Options, withoutSubcommand } from './subcommands.js';

const run = { type: 'string', demandOption: true, describe: 'Run directory' } as const;

const lsBuilder = (args: Argv) =>
  args
    .positional('run', run)
    .example('$0 store ls runs/quick', '')
    .example('$0 store ls runs/quick --json | jq .bytes', 'for scripts');

const ls: CommandModule<object, Options<typeof lsBuilder>> = {
  command: 'ls <run>',
  describe: 'Lists the checkpoints of a run: what each is, how large, and why it is kept',
  builder: lsBuilder,
  handler: async ({ json = false, run }) => {
    const { listStore } = await import('../store/ls.js');
    await listStore({ run, json });
  },
};

const gcBuilder = (args: Argv) =>
  args
    .positional('run', run)
    .option('dry-run', { type: 'boolean', default: false, describe: 'List what would be deleted, and delete nothing' })
    .option('plan', {
      choices: ['all', 'last'] as const,
      default: 'all' as const,
      requiresArg: true,
      describe: 'Plans to keep checkpoints for: every one that was started here, or the last',
    })
    .option('releases-only', {
      type: 'boolean',
      default: false,
      describe:
        'Keep only releases, captures and what an unfinished run resumes from; other strategies then start over',
    })
    .option('damaged', { type: 'boolean', default: false, describe: 'Delete what was set aside in damaged/ too' })
    .example('$0 store gc runs/quick --dry-run', 'what would be deleted')
    .example('$0 store gc runs/quick', 'what no plan needs; the same bench trains nothing afterwards')
    .example('$0 store gc runs/quick --plan last --releases-only', 'keeps the minimum');

const gc: CommandModule<object, Options<typeof gcBuilder>> = {
  command: 'gc <run>',
  describe: 'Deletes checkpoints that no plan needs; never a release of a plan, nor what a run resumes from',
  builder: gcBuilder,
  handler: async ({ json = false, run, dryRun, plan, releasesOnly, damaged }) => {
    const { collectGarbage } = await import('../store/gc.js');
    await collectGarbage({ run, dryRun, plan, releasesOnly, damaged, json });
  },
};

const verifyBuilder = (args: Argv) =>
  args
    .positional('run', run)
    .option('set-aside', {
      type: 'boolean',
      default: false,
      describe: 'Move damaged checkpoints to damaged/, so that the next run makes them again',
    })
    .example('$0 store verify runs/quick', 'reads every file; touches nothing')
    .example('$0 store verify runs/quick --set-aside', '');

const verify: CommandModule<object, Options<typeof verifyBuilder>> = {
  command: 'verify <run>',
  describe: 'Compares everything that was stored with its digest; says what is damaged and what the next run does',
  builder: verifyBuilder,
  handler: async ({ json = false, run, setAside }) => {
    const { verifyStore } = await import('../store/verify.js');
    await verifyStore({ run, setAside, json });
  },
};

const exportBuilder = (args: Argv) =>
  args
    .positional('run', run)
    .positional('strategy', { type: 'string', demandOption: true, describe: 'Name of the strategy' })
    .positional('release', { type: 'number', describe: 'Number of the version; default: the last' })
    .option('seed', {
      type: 'number',
      requiresArg: true,
      describe: 'Seed of the release; default: the first of the run',
    })
    .option('out', { type: 'string', demandOption: true, requiresArg: true, describe: 'Folder to write' })
    .option('force', { type: 'boolean', default: false, describe: 'Write into a folder that is not empty' })
    .example('$0 store export runs/quick "path switching" --out model', 'the last release')
    .example('$0 store export runs/quick continual 2 --out model', '');

const exportCommand: CommandModule<object, Options<typeof exportBuilder>> = {
  command: 'export <run> <strategy> [release]',
  describe: 'Writes a release as a folder for Hugging Face tools: weights, config.json, and lineage.json',
  builder: exportBuilder,
  handler: async ({ json = false, run, strategy, release, seed, out, force }) => {
    const { exportRelease } = await import('../store/export.js');
    await exportRelease({ run, strategy, ...(release !== undefined && { version: release }), seed, out, force, json });
  },
};

const dataBuilder = (args: Argv) =>
  args
    .positional('runs', { type: 'string', default: 'runs', describe: 'Directory of all runs' })
    .option('clean', {
      type: 'boolean',
      default: false,
      describe: 'Delete corpora that no run here has, and what was read from files; it is made again when needed',
    })
    .option('all', {
      type: 'boolean',
      default: false,
      describe: 'With --clean: also the corpora of runs, and downloads',
    })
    .example('$0 store data', 'what runs/.data holds')
    .example('$0 store data runs --clean', 'the same bench trains nothing, and reads no text, afterwards');

const data: CommandModule<object, Options<typeof dataBuilder>> = {
  command: 'data [runs]',
  describe: 'Lists and cleans up prepared text, runs/.data, which all runs share',
  builder: dataBuilder,
  handler: async ({ json = false, ...args }) => {
    const { showData } = await import('../store/data.js');
    await showData({ ...args, json });
  },
};

const unknown = withoutSubcommand({
  name: 'store',
  subcommands: ['ls', 'gc', 'verify', 'export', 'data'],
  positionals: '[run] [strategy] [release]',
});

/** `branchline store` */
export const store: CommandModule = {
  command: 'store',
  describe: 'Shows, cleans up, verifies and exports the checkpoints of a run; lists and cleans up prepared text',
  builder: (args) => args.command(ls).command(gc).command(verify).command(exportCommand).command(data).command(unknown),
  handler: () => undefined,
};
