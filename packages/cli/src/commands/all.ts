/** All commands, in the order of the help. */
import type { CommandModule } from 'yargs';
import { backend } from './backend.js';
import { bench } from './bench.js';
import { doctor } from './doctor.js';
import { plugins, trainers } from './extensions.js';
import { fitLoss } from './fit-loss.js';
import { generate } from './generate.js';
import { init } from './init.js';
import { job } from './job.js';
import { ledger } from './ledger.js';
import { lr } from './lr.js';
import { optimize } from './optimize.js';
import { plan } from './plan.js';
import { report } from './report.js';
import { reproduce } from './reproduce.js';
import { run } from './run.js';
import { status } from './status.js';
import { store } from './store.js';
import { update } from './update.js';
import { watch } from './watch.js';

/** All commands, in the order of the help. Their types differ; yargs checks what they get. */
export const MODULES = [
  init,
  bench,
  plan,
  optimize,
  update,
  run,
  reproduce,
  lr,
  report,
  generate,
  ledger,
  status,
  watch,
  store,
  job,
  plugins,
  trainers,
  fitLoss,
  doctor,
  backend,
] as unknown as readonly CommandModule[];
