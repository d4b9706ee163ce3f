import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('config', { type: 'string', describe: 'Experiment file' })
    .option('explain', { type: 'boolean', default: false, describe: 'Every field with its value and who set it' })
    .option('why', {
      type: 'boolean',
      default: false,
      describe: 'Why releases are trained again: the first thing that differs from what is stored',
    })
    .option('scale', {
      type: 'string',
      requiresArg: true,
      describe: 'Plan for this model, text and devices instead: model=70b,tokens=15T,versions=6,devices=1024xh100',
    })
    .option('strategies', OPTIONS.strategies)
    .option('data', OPTIONS.data)
    .option('trainer', OPTIONS.trainer)
    .option('seed', OPTIONS.seed)
    .option('seeds', OPTIONS.seeds)
    .option('budget', OPTIONS.budget)
    .option('prices', OPTIONS.prices)
    .option('disk', OPTIONS.disk)
    .option('runs', OPTIONS.runs)
    .option('reuse-from-other-processors', OPTIONS['reuse-from-other-processors'])
    .example('$0 plan examples/quick.config.ts', 'paths, graph, cost and what sharing saves')
    .example('$0 plan examples/quick.config.ts --explain', 'why each path is as it is')
    .example('$0 plan examples/quick.config.ts --why', 'what differs from what is stored')
    .example('$0 plan exp.yaml --scale model=70b,tokens=15T,versions=6,devices=1024xh100', 'what it would cost there')
    .example('$0 plan exp.yaml --scale model=7b,tokens=2T,versions=4,batch=4M', 'with another batch; no devices')
    .example('$0 plan exp.yaml --reuse-from-other-processors', 'what is left with states of other processors');

/** `branchline plan` */
export const plan: CommandModule<object, Options<typeof builder>> = {
  command: 'plan [config]',
  describe: 'Shows what bench would train and what it would cost; trains nothing',
  builder,
  handler: async ({ json = false, ...args }) => {
    const { showPlan, showScale } = await import('../experiment/show-plan.js');
    await (args.scale === undefined ? showPlan({ ...args, json }) : showScale({ ...args, scale: args.scale, json }));
  },
};
