import type { Argv, CommandModule } from 'yargs';
import { type Options, withoutSubcommand } from './subcommands.js';

const name = {
  choices: ['torch', 'olmo-core', 'tensorflow'] as const,
  demandOption: true,
  describe:
    'torch: PyTorch and transformers, for trainer: torch; olmo-core: OLMo-core, for trainer: olmo-core; ' +
    "tensorflow: TensorFlow's library for TensorFlow.js",
} as const;
const dir = {
  type: 'string',
  requiresArg: true,
  describe: 'Folder to keep backends in, instead of the one for your data; name it in BRANCHLINE_HOME when training',
} as const;

async function kindOf(name: 'torch' | 'olmo-core') {
  const { OLMO_CORE, TORCH } = await import('../backend/environments.js');
  return name === 'torch' ? TORCH : OLMO_CORE;
}

const installBuilder = (args: Argv) =>
  args
    .positional('backend', name)
    .option('python', {
      type: 'string',
      requiresArg: true,
      describe:
        'torch, olmo-core: Python for the environment; tensorflow: Python that has TensorFlow, or pip. Default: python3',
    })
    .option('gpu', {
      type: 'boolean',
      describe: 'With CUDA (several GB), or --no-gpu; default: with CUDA where an NVIDIA GPU is seen',
    })
    .option('dir', dir)
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print the steps without executing them' })
    .example('$0 backend install torch', 'a virtual environment with PyTorch and transformers')
    .example('$0 backend install olmo-core', 'another one with OLMo-core, which needs an older PyTorch')
    .example('$0 backend install tensorflow --dry-run', 'what it would do')
    .example('$0 backend install tensorflow', 'against a TensorFlow that is there, or one that pip brings')
    .example('$0 backend install tensorflow --python .venv/bin/python', '');

const install: CommandModule<object, Options<typeof installBuilder>> = {
  command: 'install <backend>',
  describe:
    'Installs PyTorch or OLMo-core, or builds the native addon of TensorFlow.js, for your user, outside node_modules',
  builder: installBuilder,
  handler: async ({ backend: which, json = false, python, gpu, dir: folder, dryRun }) => {
    const args = {
      ...(python !== undefined && { python }),
      ...(gpu !== undefined && { gpu }),
      ...(folder !== undefined && { dir: folder }),
      ...{ dryRun, json },
    };
    if (which === 'tensorflow') await (await import('../backend/install.js')).installTensorflow(args);
    else await (await import('../torch-backend/install.js')).installEnvironment(await kindOf(which), args);
  },
};

const lsBuilder = (args: Argv) => args.option('dir', dir);

const ls: CommandModule<object, Options<typeof lsBuilder>> = {
  command: 'ls',
  describe: 'Lists the backends that were installed, and whether they can be used here',
  builder: lsBuilder,
  handler: async ({ json = false, dir: folder }) => {
    const { listBackends } = await import('../backend/manage.js');
    await listBackends({ ...(folder !== undefined && { dir: folder }), json });
  },
};

const removeBuilder = (args: Argv) => args.positional('backend', name).option('dir', dir);

const remove: CommandModule<object, Options<typeof removeBuilder>> = {
  command: 'remove <backend>',
  describe: 'Removes it, with what was installed for it; a TensorFlow or Python of your own stays',
  builder: removeBuilder,
  handler: async ({ backend: which, json = false, dir: folder }) => {
    const args = { ...(folder !== undefined && { dir: folder }), json };
    if (which === 'tensorflow') await (await import('../backend/manage.js')).removeTensorflow(args);
    else await (await import('../torch-backend/manage.js')).removeEnvironment(await kindOf(which), args);
  },
};

/** Used by `install`, in a separate process. */
const check: CommandModule<object, { folder: string }> = {
  command: 'check <folder>',
  describe: false,
  builder: (args) => args.positional('folder', { type: 'string', demandOption: true }),
  handler: async ({ folder }) => {
    const { checkBackend } = await import('../backend/manage.js');
    await checkBackend(folder);
  },
};

const unknown = withoutSubcommand({
  name: 'backend',
  subcommands: ['install', 'ls', 'remove'],
  positionals: '[backend]',
});

/** `branchline backend` */
export const backend: CommandModule = {
  command: 'backend',
  describe: 'Installs, lists and removes libraries for the trainer that npm does not provide',
  builder: (args) => args.command(install).command(ls).command(remove).command(check).command(unknown),
  handler: () => undefined,
};
