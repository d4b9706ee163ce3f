/** Output about an environment with PyTorch. */

import type { Environment } from '../backend/environments.js';
import { printable } from '../ui/printable.js';

/** How an environment is printed. */
export interface Printing {
  /** Whether it was made just now. */
  readonly isNew: boolean;
  readonly json: boolean;
  /** The value that BRANCHLINE_HOME needs, if the folder is not the default. */
  readonly home?: string | undefined;
  /** How an experiment names the trainer. */
  readonly use: string;
}

/** The installed environment. */
export function environmentText(environment: Environment, { isNew, json, home, use }: Printing): string {
  if (json) return JSON.stringify({ installed: environment, isNew }, null, 2);
  const { torch, library, python, cuda, folder } = environment;
  const setting = home === undefined ? '' : `BRANCHLINE_HOME=${home} `;
  const lines = [
    `${isNew ? 'Installed' : 'Nothing to do: there is'} PyTorch ${torch} ${cuda ? 'with' : 'without'} CUDA`,
    `  and ${library}, for Python ${python}, in ${folder}`,
    `Use it with ${use}; ${setting}npx branchline doctor shows it.`,
  ];
  return printable(lines.join('\n'));
}
