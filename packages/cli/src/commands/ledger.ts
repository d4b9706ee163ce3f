import type { Argv, CommandModule } from 'yargs';

const builder = (args: Argv) =>
  args
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
    .example('$0 ledger runs/quick', '')
    .example('$0 ledger runs/quick --json', 'every entry');

/** `branchline ledger` */
export const ledger: CommandModule<object, { json?: boolean } & Awaited<ReturnType<typeof builder>['argv']>> = {
  command: 'ledger <run>',
  describe: 'Shows what a run cost and who owes it, and verifies the ledger',
  builder,
  handler: async ({ json = false, run }) => {
    const { showLedger } = await import('../experiment/show-ledger.js');
    await showLedger({ run, json });
  },
};
