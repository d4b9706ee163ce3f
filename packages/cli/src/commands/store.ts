import type { Argv, CommandModule } from 'yargs';

const run = { type: 'string', demandOption: true, describe: 'Run directory' } as const;

type Handler<Builder extends (args: Argv) => Argv<unknown>> = { json?: boolean } & Awaited<ReturnType<Builder>['argv']>;

const lsOptions = (args: Argv) => args.positional('run', run).example('$0 store ls runs/quick', '');

const ls: CommandModule<object, Handler<typeof lsOptions>> = {
  command: 'ls <run>',
  describe: 'Lists the checkpoints of a run: what each is, how large, and why it is kept',
  builder: lsOptions,
  handler: async ({ json = false, run }) => {
    const { listStore } = await import('../store/ls.js');
    await listStore({ run, json });
  },
};

/** `branchline store` */
export const store: CommandModule = {
  command: 'store',
  describe: 'Shows, cleans up, verifies and exports the checkpoints of a run',
  builder: (args) => args.command(ls).demandCommand(1, 1, 'Say what to do with the store: ls, gc, verify or export.'),
  handler: () => undefined,
};
