import type { Argv, CommandModule } from 'yargs';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
    .positional('strategy', { type: 'string', describe: 'Name of the strategy' })
    .positional('release', { type: 'string', describe: 'Name or number of the version; default: the last' })
    .option('prompt', {
      type: 'string',
      requiresArg: true,
      describe: 'Text to continue. Default: standard input, if it is no terminal; else the beginning of a document',
    })
    .option('only', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Strategies to show one after the other',
    })
    .option('all', { type: 'boolean', default: false, describe: 'All strategies of the run' })
    .option('versions', {
      type: 'string',
      requiresArg: true,
      describe: 'Versions of each strategy, joined by ",", or all',
    })
    .option('tokens', { type: 'number', requiresArg: true, default: 100, describe: 'Most new tokens' })
    .option('temperature', {
      type: 'number',
      requiresArg: true,
      default: 1,
      describe: 'Below 1 is sharper than the distribution of the model; 0 takes the most probable token',
    })
    .option('top-k', { type: 'number', requiresArg: true, describe: 'Draw from the k most probable tokens' })
    .option('top-p', {
      type: 'number',
      requiresArg: true,
      describe: 'Draw from the most probable tokens that together have this share',
    })
    .option('stop', { type: 'string', array: true, requiresArg: true, describe: 'Texts before which to end' })
    .option('seed', { type: 'number', requiresArg: true, default: 0, describe: 'Decides the tokens that are drawn' })
    .option('model-seed', {
      type: 'number',
      requiresArg: true,
      describe: 'Seed that the releases were trained under; default: the first of the run',
    })
    .option('trainer', {
      type: 'string',
      requiresArg: true,
      describe: 'Trainer that generates, by name or path. Default: the embedded one, on the processor',
    })
    .example('$0 generate runs/quick "path switching" --prompt "The function"', 'its last release')
    .example('$0 generate runs/quick continual 2 --temperature 0', 'the most probable text of version 2')
    .example('$0 generate runs/quick --all --prompt "import"', 'the last releases of all strategies')
    .example('$0 generate runs/quick continual --versions all --top-p 0.9 --seed 7', 'how one changes over versions')
    .example('head -c 500 text.md | $0 generate runs/quick continual --json | jq -r ".texts[].text"', '');

/** `branchline generate` */
export const generate: CommandModule<object, Options<typeof builder>> = {
  command: 'generate <run> [strategy] [release]',
  describe: 'Continues a text with releases of a run: what the models write',
  builder,
  handler: async ({ json = false, ...args }) => {
    const { showText } = await import('../generate/show-text.js');
    await showText({ ...args, json });
  },
};
