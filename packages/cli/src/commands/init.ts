import type { Argv, CommandModule } from 'yargs';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('folder', { type: 'string', default: '.', describe: 'Folder with text, JSONL or Parquet files' })
    .option('time', {
      type: 'string',
      requiresArg: true,
      default: '10m',
      describe: 'How long the experiment may take on this machine: 90s, 10m, 1h',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'File to write; default: the name of the folder with .yaml',
    })
    .example('$0 init news', 'writes news.yaml; then: branchline bench news.yaml')
    .example('$0 init news --time 1h --out large.yaml', '');

/** `branchline init` */
export const init: CommandModule<object, Options<typeof builder>> = {
  command: 'init [folder]',
  describe: 'Writes a first experiment from a look at a folder: fields, dates, sizes, and a model that fits the time',
  builder,
  handler: async ({ json = false, ...args }) => {
    const { initExperiment } = await import('../init/init.js');
    await initExperiment({ ...args, json });
  },
};
