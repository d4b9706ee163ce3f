import type { Argv, CommandModule } from 'yargs';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory, such as runs/quick' })
    .option('port', { type: 'number', requiresArg: true, describe: 'Port of the page; default: one that is free' })
    .option('open', { type: 'boolean', default: false, describe: 'Open it in the browser, if there is a display' })
    // For the page of bench --watch: when the run was started, in milliseconds since 1970.
    .option('attached', { type: 'number', requiresArg: true, hidden: true })
    .example('$0 watch runs/quick', 'prints the address of the page; Ctrl-C ends it, not the run')
    .example('$0 watch runs/quick --open', 'and opens the browser')
    .example('$0 watch runs/quick --port 8777', 'always the same port, for a tunnel: ssh -L 8777:127.0.0.1:8777 host')
    .example('$0 watch runs/quick --json | jq .timeLeft', 'the state once, for scripts');

/** `branchline watch` */
export const watch: CommandModule<object, Options<typeof builder>> = {
  command: 'watch <run>',
  describe: 'Shows a run in the browser: what it trains, losses, cost and time left, as they come',
  builder,
  handler: async ({ json = false, run, port, open, attached }) => {
    if (attached !== undefined) {
      const { servePage } = await import('../watch/page-process.js');
      return servePage(run, { port, startsAfter: attached });
    }
    const { watchInBrowser } = await import('../watch/watch.js');
    return watchInBrowser({ run, port, open, json });
  },
};
