/** Backends that are a virtual environment with PyTorch and another library, as data. */

import { findOlmoCore, OLMO_CORE_VERSION, olmoCoreFolder } from '@branchline/trainer-olmo-core';
import { environmentFolder, findEnvironment } from '@branchline/trainer-torch';
import type { Step } from './plan.js';

/** What an environment has. */
export interface Environment {
  readonly folder: string;
  readonly torch: string;
  /** Name and version of the other library. */
  readonly library: string;
  /** Version of Python. */
  readonly python: string;
  readonly cuda: boolean;
}

/** A kind of environment. */
export interface EnvironmentKind {
  readonly name: 'torch' | 'olmo-core';
  /** Requirement of pip. */
  readonly torch: string;
  /** The step that installs the other library. */
  readonly library: Pick<Step, 'name' | 'title'> & { readonly requirement: string };
  /** Key of the version of the other library in the description of the environment. */
  readonly key: 'transformers' | 'olmoCore';
  /** Imports of Python, and its expression of that version. */
  readonly check: { readonly imports: string; readonly version: string };
  /** How an experiment names the trainer. */
  readonly use: string;
  folder(env: NodeJS.ProcessEnv): string;
  /** The environment in a folder; undefined if there is none. */
  find(folder: string): Environment | undefined;
}

/** For `trainer: torch`. */
export const TORCH: EnvironmentKind = {
  name: 'torch',
  torch: 'torch>=2.11',
  library: { name: 'transformers', title: 'installing transformers', requirement: 'transformers>=5.17' },
  key: 'transformers',
  check: { imports: 'torch, transformers', version: 'transformers.__version__' },
  use: 'trainer: torch',
  folder: environmentFolder,
  find: (folder) => {
    const found = findEnvironment(folder);
    return found && { ...found, library: `transformers ${found.transformers}` };
  },
};

/** For `trainer: olmoCore()`. OLMo-core 3.0.0 excludes torch 2.14 and later. */
export const OLMO_CORE: EnvironmentKind = {
  name: 'olmo-core',
  torch: 'torch>=2.11,<2.14',
  library: {
    name: 'olmo-core',
    title: 'installing OLMo-core and what it imports',
    requirement: `ai2-olmo-core==${OLMO_CORE_VERSION}`,
  },
  key: 'olmoCore',
  check: { imports: 'torch, olmo_core.train.train_module, olmo_core.version', version: 'olmo_core.version.VERSION' },
  use: 'trainer: olmo-core',
  folder: olmoCoreFolder,
  find: (folder) => {
    const found = findOlmoCore(folder);
    return found && { ...found, library: `OLMo-core ${found.olmoCore}` };
  },
};
