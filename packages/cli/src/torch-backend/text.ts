/** Output about the environment of the torch trainer. */
import type { TorchEnvironment } from '@branchline/trainer-torch';
import { printable } from '../ui/printable.js';

/** How an environment is printed. */
export interface Printing {
  /** Whether it was made just now. */
  readonly isNew: boolean;
  readonly json: boolean;
  /** The value that BRANCHLINE_HOME needs, if the folder is not the default. */
  readonly home?: string | undefined;
}

/** The installed environment. */
export function environmentText(environment: TorchEnvironment, { isNew, json, home }: Printing): string {
  if (json) return JSON.stringify({ installed: environment, isNew }, null, 2);
  const { torch, transformers, python, cuda, folder } = environment;
  const setting = home === undefined ? '' : `BRANCHLINE_HOME=${home} `;
  const lines = [
    `${isNew ? 'Installed' : 'Nothing to do: there is'} PyTorch ${torch} ${cuda ? 'with' : 'without'} CUDA`,
    `  and transformers ${transformers}, for Python ${python}, in ${folder}`,
    `Use it with trainer: torch; ${setting}npx branchline doctor shows it.`,
  ];
  return printable(lines.join('\n'));
}
