import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';
import { type Options, withoutSubcommand } from './subcommands.js';

const fitBuilder = (args: Argv) =>
  args
    .positional('config', {
      type: 'string',
      demandOption: true,
      describe: 'Experiment file: model, text, trainer, batch',
    })
    .option('rates', {
      type: 'string',
      requiresArg: true,
      describe: "Peak rates, at least three: 1e-3,2e-3,4e-3. Default: 1/4 to 4 times the experiment's",
    })
    .option('horizons', {
      type: 'string',
      requiresArg: true,
      describe: 'Steps until the end of the decay: 400,800,1600',
    })
    .option('sizes', {
      type: 'string',
      requiresArg: true,
      describe: "Model sizes, width x layers: 32x2,64x2. Default: the experiment's",
    })
    .option('cooldown', {
      type: 'number',
      requiresArg: true,
      describe: 'Share of the steps, at the end, in which the rate decays. Default: 0.2',
    })
    .option('for', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Predict the rate of a size and a number of tokens: model=128x4,tokens=20M, or parameters=1e6',
    })
    .option('plan', { type: 'boolean', default: false, describe: 'Show what it would train and cost; train nothing' })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: "Write the fit to this JSON file, for the plugin: learningRate({ fit: './fit.json' })",
    })
    .option('data', OPTIONS.data)
    .option('trainer', OPTIONS.trainer)
    .option('seed', OPTIONS.seed)
    .option('seeds', OPTIONS.seeds)
    .option('budget', { ...OPTIONS.budget, describe: `${OPTIONS.budget.describe}; of each size` })
    .option('prices', OPTIONS.prices)
    .option('disk', OPTIONS.disk)
    .option('lanes', OPTIONS.lanes)
    .option('runs', OPTIONS.runs)
    .option('reuse-from-other-processors', OPTIONS['reuse-from-other-processors'])
    .example('$0 lr fit exp.yaml --horizons 400,800,1600 --plan', 'what it costs, and what separate runs would')
    .example('$0 lr fit exp.yaml --horizons 400,800,1600 --sizes 32x2,64x2 --seeds 2 --out fit.json', '')
    .example('$0 lr fit exp.yaml --horizons 400,800,1600 --rates 1e-3,2e-3,4e-3,8e-3', 'at the size of the experiment')
    .example(
      '$0 lr fit exp.yaml --horizons 400,800 --for model=128x4,tokens=20M',
      'the second time, nothing is trained',
    );

const fit: CommandModule<object, Options<typeof fitBuilder>> = {
  command: 'fit <config>',
  describe: 'Fits the best peak rate to short runs: one stable run with a cooldown for each horizon',
  builder: fitBuilder,
  handler: async ({ json = false, for: settings, ...args }) => {
    const { fitRates } = await import('../learning-rate/fit-rates.js');
    await fitRates({ ...args, settings: settings ?? [], json });
  },
};

const laws: CommandModule<object, { json?: boolean }> = {
  command: 'laws',
  describe: 'Lists the published laws: exponents, source, and what each was fitted on',
  handler: async ({ json = false }) => {
    const { listLaws } = await import('../learning-rate/list-laws.js');
    listLaws(json);
  },
};

const unknown = withoutSubcommand({ name: 'lr', subcommands: ['fit', 'laws'], positionals: '[config]' });

/** `branchline lr` */
export const lr: CommandModule = {
  command: 'lr',
  describe: 'Fits the peak learning rate to short runs, and predicts it for longer ones and larger models',
  builder: (args) => args.command(fit).command(laws).command(unknown),
  handler: () => undefined,
};
