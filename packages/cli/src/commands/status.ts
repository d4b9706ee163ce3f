import type { Argv, CommandModule } from 'yargs';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory, such as runs/quick' })
    .example('$0 status runs/quick', 'what is stored, what runs where, what waits')
    .example('$0 status runs/quick --json | jq .segments', 'for scripts');

/** `branchline status` */
export const status: CommandModule<object, Options<typeof builder>> = {
  command: 'status <run>',
  describe: 'Shows the run graph: what is stored, what runs on which node, what waits',
  builder,
  handler: async ({ run, json = false }) => {
    const { showStatus } = await import('../jobs/status.js');
    await showStatus(run, json);
  },
};
