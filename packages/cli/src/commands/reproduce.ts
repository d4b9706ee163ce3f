import { PAPERS } from '@branchline/reproductions/names';
import type { Argv, CommandModule } from 'yargs';
import { OPTIONS } from './common.js';

const builder = (args: Argv) =>
  args
    .positional('paper', { type: 'string', choices: PAPERS, demandOption: true, describe: 'The paper' })
    .option('quick', { type: 'boolean', default: false, describe: 'A smaller size: minutes instead of an hour' })
    .option('list', {
      type: 'boolean',
      default: false,
      describe: 'Show the claims and the time it takes; train nothing',
    })
    .option('only', {
      type: 'string',
      requiresArg: true,
      describe: 'Experiments to run, separated by commas, with the claims that they decide; --list names them all',
    })
    .option('seeds', OPTIONS.seeds)
    .option('lanes', OPTIONS.lanes)
    .option('data', { ...OPTIONS.data, describe: 'Files, folders or globs with text, instead of installed packages' })
    .option('reference', {
      ...OPTIONS.data,
      describe: 'curriculum with --data: text of the kind that the model is for; scores the data',
    })
    .option('target', {
      ...OPTIONS.data,
      describe: 'curriculum with --data: other text of that kind, never trained on; losses are compared on it',
    })
    .option('report', {
      ...OPTIONS.report,
      describe: 'Write a page with tables and figures; --no-report leaves it out',
    })
    .option('out', { type: 'string', requiresArg: true, describe: 'Write the results section to this Markdown file' })
    .option('figures', { type: 'string', requiresArg: true, describe: 'Write every figure to this folder, as SVG' })
    .option('runs', OPTIONS.runs)
    .example('$0 reproduce path-switching --list', 'what is claimed, and how long it takes')
    .example('$0 reproduce path-switching --quick', 'in minutes; the same command resumes after Ctrl-C')
    .example('$0 reproduce path-switching --quick --data ./texts', 'on your own text')
    .example('$0 reproduce curriculum --data ./web --reference ./manuals --target ./guides', 'the same, scored')
    .example('$0 reproduce shifting-versions --data ./prose ./code ./letters', 'each path is a domain, in this order')
    .example('$0 reproduce curriculum --only orders,phases', 'tables 1 and 2 alone')
    .example('$0 reproduce path-switching --seeds 10 --out results.md', 'more seeds decide more claims')
    .example('$0 reproduce path-switching --quick --json | jq .claims', 'for scripts');

/** `branchline reproduce` */
export const reproduce: CommandModule<object, { json?: boolean } & Awaited<ReturnType<typeof builder>['argv']>> = {
  command: 'reproduce <paper>',
  describe: "Runs a paper's comparison and gives a verdict for every claim",
  builder,
  handler: async ({ json = false, ...args }) => {
    const { reproduce: start } = await import('../reproduce/reproduce.js');
    await start({ ...args, json });
  },
};
