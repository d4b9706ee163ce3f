import type { Argv, CommandModule } from 'yargs';
import type { Options } from './subcommands.js';

const builder = (args: Argv) =>
  args
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
    .positional('state', { type: 'string', demandOption: true, describe: 'Key of the state to make' });

/** `branchline job`, which the jobs of `--on slurm` run. */
export const job: CommandModule<object, Options<typeof builder>> = {
  command: 'job <run> <state>',
  describe: false,
  builder,
  handler: async ({ run, state }) => {
    const { workAsJob } = await import('../jobs/work-as-job.js');
    await workAsJob(run, state);
  },
};
