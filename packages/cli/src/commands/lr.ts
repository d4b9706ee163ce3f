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

const transferBuilder = (args: Argv) =>
  args
    .positional('config', { type: 'string', demandOption: true, describe: 'Experiment file of a tuned run' })
    .option('to', {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'What changes: width=128,layers=4,heads=8,batch=16,tokens=20M, or some of them',
    })
    .option('from', {
      type: 'string',
      requiresArg: true,
      describe: 'Tokens of the tuned run, where data.versions does not say them: tokens=2M',
    })
    .option('rule', {
      type: 'string',
      choices: ['standard', 'mup', 'completep', 'completed-p'] as const,
      default: 'completed-p' as const,
      describe: 'mup: width; completep: width and depth; completed-p: batch and tokens too; standard: no rule',
    })
    .option('alpha', {
      type: 'number',
      requiresArg: true,
      describe: 'Exponent of the depth in residual branches, 0.5 to 1. Default: 1',
    })
    .option('horizon', {
      type: 'number',
      requiresArg: true,
      describe: "The peak falls with the tokens to the power of minus this, such as 0.32. Default: the rule's",
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'Write the experiment to this file, next to the tuned one: big.yaml',
    })
    .example('$0 lr transfer exp.yaml --to width=256,layers=8 --rule completep --out big.yaml', 'then: bench big.yaml')
    .example(
      '$0 lr transfer exp.yaml --to width=256,batch=32,tokens=20M',
      'every factor and assumption; writes nothing',
    )
    .example('$0 lr transfer exp.yaml --to tokens=20M --from tokens=1M --horizon 0.32', 'an exponent of your own');

const transfer: CommandModule<object, Options<typeof transferBuilder>> = {
  command: 'transfer <config>',
  describe: 'Moves a tuned experiment to another size, batch or number of tokens by a published rule; trains nothing',
  builder: transferBuilder,
  handler: async ({ json = false, ...args }) => {
    const { transferRates } = await import('../learning-rate/transfer.js');
    await transferRates({ ...args, json });
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

const unknown = withoutSubcommand({ name: 'lr', subcommands: ['fit', 'transfer', 'laws'], positionals: '[config]' });

/** `branchline lr` */
export const lr: CommandModule = {
  command: 'lr',
  describe: 'Fits the peak learning rate to short runs, and predicts or transfers it to longer ones and larger models',
  builder: (args) => args.command(fit).command(transfer).command(laws).command(unknown),
  handler: () => undefined,
};
