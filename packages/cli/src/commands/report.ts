import type { Argv, CommandModule } from 'yargs';

const builder = (args: Argv) =>
  args
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'File to write; default: report.html in the run directory',
    })
    .option('open', { type: 'boolean', default: false, describe: 'Open it in the browser' })
    .example('$0 report runs/quick', '')
    .example('$0 report runs/quick --out comparison.html --open', '');

/** `branchline report` */
export const report: CommandModule<object, { json?: boolean } & Awaited<ReturnType<typeof builder>['argv']>> = {
  command: 'report <run>',
  describe: 'Renders the report of a run again from its results.json',
  builder,
  handler: async ({ json = false, ...args }) => {
    const { writeReport } = await import('../experiment/write-report.js');
    await writeReport({ ...args, json });
  },
};
