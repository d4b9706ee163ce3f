import type { Argv, CommandModule } from 'yargs';

const builder = (args: Argv) =>
  args
    .option('measure', {
      type: 'boolean',
      default: false,
      describe: 'Train a few steps on every engine that works and compare their speed; takes about half a minute',
    })
    .example('$0 doctor', 'what was found, what is missing and how to add it, which engine auto takes')
    .example('$0 doctor --measure', 'and how fast each one is here')
    .example('$0 doctor --json | jq .auto', 'for scripts');

/** `branchline doctor` */
export const doctor: CommandModule<object, { json?: boolean } & Awaited<ReturnType<typeof builder>['argv']>> = {
  command: 'doctor',
  describe: 'Reports what this machine can train with: devices, engines, why one is refused and how to add it',
  builder,
  handler: async ({ json = false, measure }) => {
    const { showDoctor } = await import('../doctor/show.js');
    await showDoctor({ measure, json });
  },
};
