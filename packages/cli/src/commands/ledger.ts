import type { Argv, CommandModule } from 'yargs';

const run = { type: 'string', demandOption: true, describe: 'Run directory' } as const;

const questions = (args: Argv) =>
  args
    .positional('run', run)
    .option('by', {
      type: 'string',
      requiresArg: true,
      describe: 'The bill by strategy, version, plugin, path, device, kind, or several of them, joined by ","',
    })
    .option('entries', {
      type: 'boolean',
      describe: 'Every entry: what was trained, reused or evaluated, and for whom',
    })
    .option('sql', {
      type: 'string',
      requiresArg: true,
      describe:
        'A SELECT of DuckDB over the tables entries, bill and strategies; "describe bill" shows the columns of one',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'File for the answer, by default for all entries: .parquet, .csv or .json',
    })
    .example('$0 ledger runs/quick', 'total cost, cost by strategy, savings')
    .example('$0 ledger runs/quick --by strategy,version', '')
    .example('$0 ledger runs/quick --entries --json', '')
    .example('$0 ledger runs/quick --out entries.parquet', '')
    .example('$0 ledger runs/quick --sql "select device, sum(money) from entries group by all"', '')
    .example('$0 ledger verify runs/quick', 'find altered, missing and duplicate lines');

const show: CommandModule<object, { json?: boolean } & Awaited<ReturnType<typeof questions>['argv']>> = {
  command: '$0 <run>',
  describe: 'Shows what a run cost, by strategy, and what sharing and averaging saved',
  builder: questions,
  handler: async ({ json = false, ...args }) => {
    const { showLedger } = await import('../ledger/show.js');
    await showLedger({ ...args, json });
  },
};

const one = (args: Argv) => args.positional('run', run).example('$0 ledger verify runs/quick', '');

const verify: CommandModule<object, { json?: boolean } & Awaited<ReturnType<typeof one>['argv']>> = {
  command: 'verify <run>',
  describe: 'Compares every line with its digest, the line before it and what was recorded; changes nothing',
  builder: one,
  handler: async ({ json = false, run }) => {
    const { verifyLedger } = await import('../ledger/verify.js');
    await verifyLedger({ run, json });
  },
};

/** `branchline ledger` */
export const ledger: CommandModule = {
  command: 'ledger',
  describe: 'Shows what a run cost, by strategy, and verifies the ledger',
  builder: (args) => args.command(show).command(verify),
  handler: () => undefined,
};
