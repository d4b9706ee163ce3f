/** `doctor`: findings, missing software, and the engine that `auto` selects. */
import { EXIT } from '../exit-codes.js';
import { Progress } from '../ui/progress.js';
import { styleFor } from '../ui/style.js';
import { VERSION } from '../version.js';
import { type Measurement, measureEngines } from './measure.js';
import { examine, type Report } from './report.js';
import { reportText } from './text.js';

/** Options of `branchline doctor`. */
export interface DoctorArguments {
  readonly measure: boolean;
  readonly json: boolean;
}

/** Prints the report. The exit code is 0 unless no engine works. */
export async function showDoctor({ measure, json }: DoctorArguments): Promise<void> {
  const progress = new Progress();
  progress.phase('trying every engine');
  let report: Report;
  try {
    report = await examine(VERSION);
    if (measure) report = { ...report, measured: await measured(report, progress) };
  } finally {
    progress.done();
  }
  if (report.engines.every(({ works }) => !works)) process.exitCode = EXIT.strategy;
  const text = json ? JSON.stringify(report, null, 2) : reportText(report, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

const measured = ({ engines }: Report, progress: Progress): Promise<Measurement> =>
  measureEngines(engines, (what) => progress.phase(what));
