/** The Python environment with MLflow, TensorBoard and wandb that tests of loggers use, if there is one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolder } from '@branchline/core';

const folder = join(homeFolder(), 'loggers', 'bin');

/** A program of the environment; undefined, said loudly, without one. */
export function programFor(test: string, name: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  process.stderr.write(`SKIPPED: ${test}: there is no ${path}. python3 -m venv ${join(folder, '..')} && \\
  ${join(folder, 'pip')} install -r packages/logging/requirements-dev.txt\n`);
  return undefined;
}
