import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('config', { type: 'string', describe: 'Experiment file (.ts, .js, .json, .yaml)' })
    .option('strategies', OPTIONS.strategies)
    .option('data', OPTIONS.data)
    .option('only', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Names of strategies of the file to train, without the others',
    })
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
    .example('$0 bench examples/quick.config.ts', 'every strategy of an experiment file')
    .example('$0 bench exp.yaml --only continual', 'one of them')
    .example('$0 bench exp.yaml --trainer torch', 'with PyTorch')
    .example('$0 bench --data ./texts --strategies "from-scratch, path-switching(alpha=0.3) + model-averaging"', '')
    .example('$0 bench exp.config.ts --budget 2usd', 'stops with everything stored when it is used up')
    .example('$0 bench exp.yaml --log tensorboard', 'with event files for TensorBoard')
    .example('$0 bench exp.yaml --watch', 'with a page that shows the run as it trains')
    .example('$0 bench exp.yaml --on slurm', 'each segment a job of a Slurm cluster')
    .example('$0 bench exp.yaml --reuse-from-other-processors', 'continues on another machine type')
    .example('$0 bench exp.config.ts --json | jq .graph', 'for scripts');

/** `branchline bench` */
export const bench: CommandModule<object, Options<typeof builder>> = {
  command: 'bench [config]',
  describe: 'Trains the strategies of an experiment and compares them',
  builder,
  handler: async ({ json = false, ...args }) => {
    const { trainExperiment } = await import('../experiment/train.js');
    await trainExperiment({ ...args, json });
  },
};
