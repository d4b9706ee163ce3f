import { BranchlineError, didYouMean } from '@branchline/core';
import type { Argv, CommandModule } from 'yargs';

/** What a builder declares, with what every command has. */
type Options<Builder> = Builder extends (args: Argv) => Argv<infer Own> ? Own & { json?: boolean } : never;

const list = async (json: boolean) => {
  const { showPlugins } = await import('../plugins/show.js');
  await showPlugins(json);
};

const ls: CommandModule<object, { json?: boolean }> = {
  command: 'ls',
  describe: 'Lists built-in and installed plugins: version, kernel, fields they set, options; loads the installed ones',
  builder: (args) =>
    args.example('$0 plugins ls', '').example('$0 plugins ls --json', 'with a JSON Schema of the options'),
  handler: ({ json = false }) => list(json),
};

const showBuilder = (args: Argv) =>
  args
    .positional('name', {
      type: 'string',
      demandOption: true,
      describe: 'Plugin, package, or path that begins with ./',
    })
    .example('$0 plugins show path-switching', '')
    .example('$0 plugins show ./my-strategy.ts', 'a plugin that lies in a file');

const show: CommandModule<object, Options<typeof showBuilder>> = {
  command: 'show <name>',
  describe: 'Tells everything of one plugin, and how it stands in a strategy',
  builder: showBuilder,
  handler: async ({ json = false, name }) => {
    const { showPlugin } = await import('../plugins/show.js');
    await showPlugin(name, json);
  },
};

const schemaBuilder = (args: Argv) =>
  args
    .option('out', { type: 'string', requiresArg: true, describe: 'File to write; default: standard output' })
    .example('$0 plugins schema --out experiment.schema.json', 'for an editor that completes YAML and JSON');

const schema: CommandModule<object, Options<typeof schemaBuilder>> = {
  command: 'schema',
  describe: 'Writes the JSON Schema of experiment files, with the options of every plugin that ls lists',
  builder: schemaBuilder,
  handler: async ({ out, json = false }) => {
    const { writeExperimentSchema } = await import('../plugins/write-schema.js');
    await writeExperimentSchema({ ...(out !== undefined && { out }), json });
  },
};

const newBuilder = (args: Argv) =>
  args
    .positional('name', {
      type: 'string',
      demandOption: true,
      describe: 'Name of the package: my-strategy, @lab/plugin-x',
    })
    .option('dir', {
      type: 'string',
      requiresArg: true,
      describe: 'Folder to make; default: the name without its scope',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'List the files, and write none' })
    .example('$0 plugins new my-strategy', '');

const create: CommandModule<object, Options<typeof newBuilder>> = {
  command: 'new <name>',
  describe: 'Begins a plugin: a package with a strategy, the conformance kit and an example that run as they stand',
  builder: newBuilder,
  handler: async ({ json = false, name, dir, dryRun }) => {
    const { createPlugin } = await import('../plugins/new/create.js');
    await createPlugin({ name, ...(dir !== undefined && { dir }), dryRun, json });
  },
};

const COMMANDS = ['ls', 'show', 'schema', 'new'];

/** The list, where nothing was asked for; whatever none of the others is. */
const unknown: CommandModule<object, { command?: string; json?: boolean }> = {
  command: '$0 [command] [name]',
  describe: false,
  handler: async ({ command, json = false }) => {
    if (command === undefined) return list(json);
    throw new BranchlineError('config', {
      message: `there is no command "plugins ${command}"`,
      remedy: didYouMean(command, COMMANDS),
    });
  },
};

/** `branchline plugins` */
export const plugins: CommandModule = {
  command: 'plugins',
  describe: 'Lists and shows plugins, writes a JSON Schema for editors, begins a new plugin',
  builder: (args) => args.command(ls).command(show).command(schema).command(create).command(unknown),
  handler: () => undefined,
};
