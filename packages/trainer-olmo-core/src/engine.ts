/** OLMo-core as an engine of the torch trainer's worker. */
import { fileURLToPath } from 'node:url';
import { pythonIn, WORKER_FOLDER, type WorkerEngine } from '@branchline/trainer-torch';
import { findOlmoCore } from './environment.js';
import { OLMO_CORE_VERSION, VERSION } from './version.js';

/** The decoder in OLMo-core's train modules. */
export const OLMO_CORE: WorkerEngine = {
  trainer: 'trainer-olmo-core',
  version: VERSION,
  library: 'OLMo-core',
  module: 'branchline_olmo_core',
  folders: [fileURLToPath(new URL('../worker', import.meta.url)), WORKER_FOLDER],
  installedPython: () => {
    const environment = findOlmoCore();
    return environment && pythonIn(environment.folder);
  },
  remedy:
    `Run npx branchline backend install olmo-core, or name a Python that has ai2-olmo-core ${OLMO_CORE_VERSION}: ` +
    "trainer: olmoCore({ python: '.venv/bin/python' }).",
};
