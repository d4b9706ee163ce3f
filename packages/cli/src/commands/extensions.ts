/** `branchline plugins` and `branchline trainers`. */

import type { Listed } from '@branchline/api/internal';
import type { Argv, CommandModule } from 'yargs';
import type { CommandNoun, ExtensionKind } from '../extensions/kinds.js';
import { type Options, withoutSubcommand } from './subcommands.js';

/** Texts in which the two commands differ. */
interface Texts {
  readonly noun: CommandNoun;
  /** The name of a built-in one, and a name for a new one. */
  readonly examples: readonly [string, string];
  readonly ls: string;
  readonly show: string;
  readonly create: string;
  readonly all: string;
}

async function list(noun: CommandNoun, json: boolean): Promise<void> {
  const [{ showAll }, kind] = await Promise.all([import('../extensions/show.js'), kindOf(noun)]);
  await kind((one) => showAll(one, json));
}

/** The kind of a noun. Its types are known only to the generic functions that receive it. */
async function kindOf(noun: CommandNoun) {
  const { PLUGIN_KIND, TRAINER_KIND } = await import('../extensions/kinds.js');
  type Use = <T, L extends Listed>(kind: ExtensionKind<T, L>) => Promise<void>;
  return (use: Use) => (noun === 'plugin' ? use(PLUGIN_KIND) : use(TRAINER_KIND));
}

function commandsOf(
  { noun, examples, ...texts }: Texts,
  more: readonly CommandModule<object, never>[] = [],
): CommandModule {
  const [known, made] = examples;
  const plural = `${noun}s`;

  const ls: CommandModule<object, { json?: boolean }> = {
    command: 'ls',
    describe: texts.ls,
    builder: (args) =>
      args.example(`$0 ${plural} ls`, '').example(`$0 ${plural} ls --json`, 'with a JSON Schema of the options'),
    handler: ({ json = false }) => list(noun, json),
  };

  const showBuilder = (args: Argv) =>
    args
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: `${noun === 'plugin' ? 'Plugin' : 'Trainer'}, package, or path that begins with ./`,
      })
      .example(`$0 ${plural} show ${known}`, '')
      .example(`$0 ${plural} show ./${made}.ts`, `a ${noun} that lies in a file`);

  const show: CommandModule<object, Options<typeof showBuilder>> = {
    command: 'show <name>',
    describe: texts.show,
    builder: showBuilder,
    handler: async ({ json = false, name }) => {
      const [{ showOne }, kind] = await Promise.all([import('../extensions/show.js'), kindOf(noun)]);
      await kind((one) => showOne(one, name, json));
    },
  };

  const newBuilder = (args: Argv) =>
    args
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: `Name of the package: ${made}, @lab/${noun}-x`,
      })
      .option('dir', {
        type: 'string',
        requiresArg: true,
        describe: 'Folder to make; default: the name without its scope',
      })
      .option('dry-run', { type: 'boolean', default: false, describe: 'List the files, and write none' })
      .example(`$0 ${plural} new ${made}`, '');

  const create: CommandModule<object, Options<typeof newBuilder>> = {
    command: 'new <name>',
    describe: texts.create,
    builder: newBuilder,
    handler: async ({ json = false, name, dir, dryRun }) => {
      const { createExtension } = await import('../extensions/new/create.js');
      await createExtension({ noun, name, ...(dir !== undefined && { dir }), dryRun, json });
    },
  };

  const unknown = withoutSubcommand({
    name: plural,
    subcommands: ['ls', 'show', 'new', ...more.map(({ command }) => String(command))],
    positionals: '[name]',
    alone: (json) => list(noun, json),
  });

  return {
    command: plural,
    describe: texts.all,
    builder: (args) =>
      more
        .reduce((all, one) => all.command(one), args.command(ls).command(show))
        .command(create)
        .command(unknown),
    handler: () => undefined,
  };
}

const schemaBuilder = (args: Argv) =>
  args
    .option('out', { type: 'string', requiresArg: true, describe: 'File to write; default: standard output' })
    .example('$0 plugins schema --out experiment.schema.json', 'for an editor that completes YAML and JSON');

const schema: CommandModule<object, Options<typeof schemaBuilder>> = {
  command: 'schema',
  describe: 'Writes the JSON Schema of experiment files, with the options of every plugin and trainer that ls lists',
  builder: schemaBuilder,
  handler: async ({ out, json = false }) => {
    const { writeExperimentSchema } = await import('../extensions/write-schema.js');
    await writeExperimentSchema({ ...(out !== undefined && { out }), json });
  },
};

/** `branchline plugins` */
export const plugins = commandsOf(
  {
    noun: 'plugin',
    examples: ['path-switching', 'my-strategy'],
    ls: 'Lists built-in and installed plugins: version, kernel, fields they set, options; loads the installed ones',
    show: 'Shows all details of one plugin, and how a strategy names it',
    create: 'Creates a plugin: a package with a strategy, the conformance kit and an example that run unchanged',
    all: 'Lists and shows plugins, writes a JSON Schema for editors, creates a new plugin',
  },
  [schema as unknown as CommandModule<object, never>],
);

/** `branchline trainers` */
export const trainers = commandsOf({
  noun: 'trainer',
  examples: ['tfjs', 'my-trainer'],
  ls: 'Lists built-in and installed trainers with their options; loads the installed ones',
  show: 'Shows all details of one trainer, and how an experiment names it',
  create: 'Creates a trainer: a package with a small model, the conformance kit and an example that run unchanged',
  all: 'Lists and shows trainers, creates a new trainer',
});
