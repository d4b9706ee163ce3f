import type { Options } from 'yargs';

/** Options that several commands share. */
export const OPTIONS = {
  runs: { type: 'string', requiresArg: true, default: 'runs', describe: 'Directory of all runs' },
  seed: { type: 'number', requiresArg: true, describe: 'Seed instead of the one in the experiment file' },
  seeds: {
    type: 'string',
    requiresArg: true,
    describe: 'A number of seeds, counted up from the seed, or a list: 5, or 1,4,9',
  },
  budget: {
    type: 'string',
    requiresArg: true,
    describe:
      'Limit on the total cost of the run directory: 2usd, "1.5B tokens", 3h or "10 min" (of the device), 0.5kWh, 1e18flops; several by ","',
  },
  prices: { type: 'string', requiresArg: true, describe: 'JSON or YAML file with prices and power of devices' },
  lanes: {
    type: 'number',
    requiresArg: true,
    describe: 'Segments to train at the same time; results do not depend on it. Default: what suits trainer and plan',
  },
  on: {
    type: 'string',
    requiresArg: true,
    describe: 'Where segments are trained: local, or slurm, where each is a job of the cluster',
  },
  log: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe:
      'Loggers besides those of the experiment file, with default options: tensorboard, mlflow, wandb, csv, jsonl, a path',
  },
  disk: { type: 'string', requiresArg: true, describe: 'Limit on the disk space of checkpoints, e.g. 2GB' },
  'start-anyway': {
    type: 'boolean',
    default: false,
    describe: 'Train the strategies that can be planned, without those that cannot; a low budget stops the run later',
  },
  'reuse-from-other-processors': {
    type: 'boolean',
    default: false,
    describe: 'Take states that were trained here on another processor, and say which releases rest on them',
  },
  watch: {
    type: 'boolean',
    default: false,
    describe: 'Show the run in a browser while it trains; prints the address, as branchline watch does',
  },
  port: { type: 'number', requiresArg: true, describe: 'Port of the page of --watch; default: one that is free' },
  report: { type: 'boolean', default: true, describe: 'Write report.html; --no-report leaves it out' },
  data: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Files, folders or globs with text, instead of the sources in the experiment file',
  },
  strategies: {
    type: 'string',
    requiresArg: true,
    describe: 'Strategies instead of those in the experiment file: plugins joined by "+", strategies by ","',
  },
  trainer: {
    type: 'string',
    requiresArg: true,
    describe: 'Trainer instead of the one in the experiment file, with its default options: torch, quadratic, a path',
  },
} as const satisfies Record<string, Options>;

/** Options of all commands, for suggestions on misspelled ones. */
export const OPTION_NAMES: readonly string[] = [
  ...Object.keys(OPTIONS),
  ...[
    'only',
    'scale',
    'strategy',
    'explain',
    'why',
    'accept-changes',
    'out',
    'open',
    'by',
    'entries',
    'sql',
    'json',
    'debug',
    'help',
    'version',
  ],
  ...['dir', 'dry-run', 'releases-only', 'damaged', 'set-aside', 'force', 'measure', 'python', 'gpu'],
  ...['quick', 'list', 'figures'],
  ...['rates', 'horizons', 'sizes', 'cooldown', 'for', 'plan'],
  ...['law', 'fit', 'column', 'warmup', 'from'],
  ...['vary', 'evaluations', 'deviation'],
  ...['prompt', 'all', 'versions', 'tokens', 'temperature', 'top-k', 'top-p', 'stop', 'model-seed', 'time', 'clean'],
];
