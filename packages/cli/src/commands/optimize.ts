import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('config', { type: 'string', demandOption: true, describe: 'Experiment file' })
    .option('vary', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'Option to vary: path-switching.alpha=0.2..0.8, 2..12, 0.1..0.9:0.1 in steps, 1e-3..1e-1:log, or values a,b,c. Default: what the plugins propose',
    })
    .option('scale', {
      type: 'string',
      requiresArg: true,
      describe: 'Model, text and devices instead of those of the file, as in plan: model=7b,tokens=2T,versions=4',
    })
    .option('law', {
      type: 'string',
      requiresArg: true,
      describe: 'Loss law: a file of fit-loss, or a published one. Default: that of the scale or of the trainer',
    })
    .option('budget', {
      type: 'string',
      requiresArg: true,
      describe:
        'Limit on the cost of a strategy with all versions: 500usd, "1.5B tokens", 3h (device-hours), 1e18flops',
    })
    .option('evaluations', {
      type: 'number',
      requiresArg: true,
      default: 200,
      describe: 'The most candidates to plan and predict',
    })
    .option('deviation', {
      type: 'string',
      requiresArg: true,
      describe:
        'Standard deviation of the difference of two strategies over seeds, or a run directory that measured it: 0.004, runs/seeds',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'Write the experiment that confirms the result, next to the experiment file: confirm.yaml',
    })
    .option('strategies', OPTIONS.strategies)
    .option('data', OPTIONS.data)
    .option('prices', OPTIONS.prices)
    .option('runs', OPTIONS.runs)
    .example('$0 optimize exp.yaml --law law.json', "the model and text of the file, the plugins' own ranges")
    .example(
      '$0 optimize exp.yaml --law law.json --vary path-switching.alpha=0.2..0.8 --out confirm.yaml',
      'one option; then: bench confirm.yaml',
    )
    .example(
      '$0 optimize exp.yaml --scale model=7b,tokens=300B,versions=4,batch=4M,devices=256xh100,law=law.json --budget 400kusd',
      'what to choose for a model that is not here',
    )
    .example('$0 optimize exp.yaml --law law.json --deviation runs/seeds', 'with the seeds that a comparison needs');

/** `branchline optimize` */
export const optimize: CommandModule<object, Options<typeof builder>> = {
  command: 'optimize <config>',
  describe: 'Searches options of strategies for low cost and low predicted loss; trains nothing',
  builder,
  handler: async ({ json = false, ...args }) => {
    const { searchOptions } = await import('../optimize/search.js');
    await searchOptions({ ...args, json });
  },
};
