import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('config', { type: 'string', describe: 'Experiment file (.ts, .js, .json, .yaml)' })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'Say what arrived and what it costs; train nothing',
    })
    .option('accept-changes', {
      type: 'boolean',
      default: false,
      describe: 'Train again what a change to the text of earlier versions affects',
    })
    .option('strategies', OPTIONS.strategies)
    .option('data', OPTIONS.data)
    .option('trainer', OPTIONS.trainer)
    .option('seed', OPTIONS.seed)
    .option('seeds', OPTIONS.seeds)
    .option('budget', OPTIONS.budget)
    .option('prices', OPTIONS.prices)
    .option('disk', OPTIONS.disk)
    .option('lanes', OPTIONS.lanes)
    .option('on', OPTIONS.on)
    .option('log', OPTIONS.log)
    .option('runs', OPTIONS.runs)
    .option('start-anyway', OPTIONS['start-anyway'])
    .option('reuse-from-other-processors', OPTIONS['reuse-from-other-processors'])
    .option('report', OPTIONS.report)
    .option('watch', OPTIONS.watch)
    .option('port', OPTIONS.port)
    .example('$0 update exp.yaml', "trains next month's version; earlier ones are reused")
    .example('$0 update exp.yaml --dry-run', 'what arrived, what is reused, what it costs')
    .example('$0 update exp.yaml --json | jq .stored.versions', 'for scripts');

/** `branchline update` */
export const update: CommandModule<object, Options<typeof builder>> = {
  command: 'update [config]',
  describe: 'Trains what arrived since the last run, and shows the releases before and after',
  builder,
  handler: async ({ json = false, ...args }) => {
    const run = await import('../experiment/update.js');
    await run.update({ ...args, json });
  },
};
