import type { JobStart } from '@branchline/api/internal';
import type { JsonValue } from '@branchline/core';
import type { ExperimentArguments } from './arguments.js';

/** What a job needs in order to repeat what this command line reads. */
export interface JobInput {
  readonly directory: string;
  readonly arguments: ExperimentArguments & { readonly reuseFromOtherProcessors?: boolean };
}

/** How this installation is started on a node, with the same experiment. */
export function jobStart(args: JobInput['arguments']): JobStart {
  const { config, data, runs, strategies, seed, seeds, prices, trainer, only, reuseFromOtherProcessors } = args;
  const kept = { config, data, runs, strategies, seed, seeds, prices, trainer, only, reuseFromOtherProcessors };
  // As JSON, which leaves out what was not given.
  const given = JSON.parse(JSON.stringify(kept)) as JsonValue;
  return {
    command: [process.execPath, ...process.execArgv, process.argv[1]!, 'job'],
    input: { directory: process.cwd(), arguments: given },
  };
}
