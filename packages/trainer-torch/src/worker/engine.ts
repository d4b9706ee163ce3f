/** What a worker runs: a Python package that answers the messages of this trainer. */
import { fileURLToPath } from 'node:url';
import { findEnvironment, pythonIn } from '../environment.js';
import { VERSION } from '../version.js';

/** Folder of the Python package `branchline_worker`, whose server and launcher every engine has. */
export const WORKER_FOLDER = fileURLToPath(new URL('../../worker', import.meta.url));

/** A Python package that trains. */
export interface WorkerEngine {
  /** Package name of the trainer without scope: it begins messages and is part of every step key. */
  readonly trainer: string;
  /** Version of the trainer; part of every step key. */
  readonly version: string;
  /** Name of the library, for messages. */
  readonly library: string;
  /** What `python -m` runs. */
  readonly module: string;
  /** Folders of Python packages. The worker runs in the first. */
  readonly folders: readonly string[];
  /** The Python of the installed environment; undefined if there is none. */
  installedPython(): string | undefined;
  /** How to get the library. */
  readonly remedy: string;
}

/** Models of transformers. */
export const TRANSFORMERS: WorkerEngine = {
  trainer: 'trainer-torch',
  version: VERSION,
  library: 'PyTorch',
  module: 'branchline_worker',
  folders: [WORKER_FOLDER],
  installedPython: () => {
    const environment = findEnvironment();
    return environment && pythonIn(environment.folder);
  },
  remedy:
    'Run npx branchline backend install torch, or name a Python that has torch and transformers: trainer: ' +
    "torch({ python: '.venv/bin/python' }).",
};
