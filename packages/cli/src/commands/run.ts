import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('config', { type: 'string', demandOption: true, describe: 'Experiment file' })
    .option('strategy', { type: 'string', demandOption: true, requiresArg: true, describe: 'Name of the strategy' })
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
    .example('$0 run examples/quick.config.ts --strategy "path switching"', '');

/** `branchline run` */
export const run: CommandModule<object, Options<typeof builder>> = {
  command: 'run <config>',
  describe: 'Trains one strategy; what the run directory has already is not trained again',
  builder,
  handler: async ({ json = false, strategy, ...args }) => {
    const { trainExperiment } = await import('../experiment/train.js');
    await trainExperiment({ ...args, json, only: [strategy] });
  },
};
