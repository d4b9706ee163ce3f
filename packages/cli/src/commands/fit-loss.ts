import type { Argv, CommandModule } from 'yargs';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('curves', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'CSV files with the columns step, lr and loss, or run directories',
    })
    .option('law', {
      choices: ['sublinear-annealing', 'annealing', 'multi-power'] as const,
      default: 'sublinear-annealing' as const,
      requiresArg: true,
      describe: 'Form of the law',
    })
    .option('fit', {
      type: 'string',
      requiresArg: true,
      describe: 'Curves to fit to, by file name, separated by ","; the others are predicted. Default: all',
    })
    .option('column', {
      type: 'string',
      default: 'loss',
      requiresArg: true,
      describe: 'Column with the losses, e.g. val_loss',
    })
    .option('warmup', {
      type: 'number',
      default: 0,
      requiresArg: true,
      describe: 'Steps of a linear warm-up before the first row of every file',
    })
    .option('from', {
      type: 'number',
      requiresArg: true,
      describe: 'Leave out losses before this step; default: those of the warm-up',
    })
    .option('out', { type: 'string', requiresArg: true, describe: 'JSON file to write, for the trainer simulated' })
    .example('$0 fit-loss constant.csv cosine.csv --out law.json', 'fits to both curves')
    .example('$0 fit-loss curves/*.csv --fit constant.csv,cosine.csv', 'fits to two, predicts the others')
    .example('$0 fit-loss runs/*.csv --column val_loss --from 1000 --json | jq .curves', 'for scripts')
    .example('$0 fit-loss runs/quick --out law.json', 'fits to the training losses of a run');

/** `branchline fit-loss` */
export const fitLoss: CommandModule<object, Options<typeof builder>> = {
  command: 'fit-loss <curves...>',
  describe: 'Fits a loss law to curves, from which the trainer simulated predicts losses',
  builder,
  handler: async ({ json = false, curves, law, fit, column, warmup, from, out }) => {
    const { fitCurves } = await import('../fit-loss/show.js');
    const fitted = fit?.split(',').map((name) => name.trim());
    await fitCurves({ curves, form: law, fit: fitted, column, warmup, from, out, json });
  },
};
