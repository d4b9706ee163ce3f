import type { CommandModule } from 'yargs';

/** `branchline plugins` */
export const plugins: CommandModule<object, { json?: boolean }> = {
  command: 'plugins',
  describe: 'Lists the plugins with the fields they set and their options',
  builder: (args) => args.example('$0 plugins', '').example('$0 plugins --json', 'with a JSON Schema of the options'),
  handler: async ({ json = false }) => {
    const { showPlugins } = await import('../experiment/show-plugins.js');
    showPlugins(json);
  },
};
