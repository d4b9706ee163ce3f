/**
 * `backend install torch` and `olmo-core`: makes a virtual environment in a temporary folder and renames it once
 * everything works.
 */
import { execFile } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BranchlineError, homeFolder, makeFolderSync } from '@branchline/core';
import { hasNvidiaDriver } from '@branchline/trainer-tfjs';
import { RECORD_FILE } from '@branchline/trainer-torch';
import { z } from 'zod';
import type { EnvironmentKind } from '../backend/environments.js';
import type { InstallArguments } from '../backend/install.js';
import { removeLeftovers } from '../backend/leftovers.js';
import type { Step } from '../backend/plan.js';
import { Log, runStep } from '../backend/programs.js';
import { planText } from '../backend/text.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { Progress } from '../ui/progress.js';
import { CPU_INDEX, chooseBuild, planTorchSteps } from './plan.js';
import { choosePython, type FoundPython, PROBE, parseFound } from './python.js';
import { environmentText } from './text.js';

/** Makes the environment unless there is one, and prints where it is. */
export async function installEnvironment(kind: EnvironmentKind, args: InstallArguments): Promise<void> {
  process.stdout.write(`${await install(kind, args)}\n`);
}

async function install(kind: EnvironmentKind, args: InstallArguments): Promise<string> {
  const { python, gpu, dir, dryRun, json } = args;
  const home = homeFolder(dir === undefined ? process.env : { BRANCHLINE_HOME: dir });
  const folder = kind.folder({ BRANCHLINE_HOME: home });
  const known = kind.find(folder);
  const shown = { json, home: dir, use: kind.use };
  if (known !== undefined && (known.cuda || gpu !== true) && python === undefined) {
    return environmentText(known, { ...shown, isNew: false });
  }
  const chosen = choosePython(await probe(python), python);
  const wantsGpu = gpu ?? (process.platform === 'linux' && hasNvidiaDriver());
  const indexAnswers = !wantsGpu && (await answers(CPU_INDEX));
  const build = chooseBuild({ platform: process.platform, gpu: wantsGpu, indexAnswers });
  const building = join(home, `.building-${process.pid}`);
  const steps = planTorchSteps({ folder: building, python: chosen, build, kind });
  if (dryRun) return planText(steps, home, json);

  makeFolderSync(home);
  removeLeftovers(home);
  const { gpu: seen, ...found } = await run(kind, steps, building, join(home, `install-${kind.name}.log`));
  const record = { format: 1, backend: kind.name, ...found };
  writeFileSync(join(building, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
  publish(building, folder);
  const warning =
    wantsGpu && !seen && !json ? '\nPyTorch sees no GPU here, so it computes on the CPU: check nvidia-smi.' : '';
  return `${environmentText(kind.find(folder)!, { ...shown, isNew: true })}${warning}`;
}

/** Whether an index answers. A client of its own decides what pip can reach; without an answer, PyPI is taken. */
async function answers(index: string): Promise<boolean> {
  try {
    return (await fetch(`${index}/torch/`, { method: 'HEAD', signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

/** The Pythons that work, in the order in which they are tried. */
async function probe(named: string | undefined): Promise<readonly FoundPython[]> {
  const names = named ? [named] : ['python3', 'python', ...[13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  const found: FoundPython[] = [];
  for (const name of names) {
    const output = await new Promise<string>((resolve) => {
      execFile(name, ['-c', PROBE], { timeout: 30_000 }, (error, stdout) => resolve(error ? '' : stdout));
    });
    const python = parseFound(output);
    if (python !== undefined) found.push(python);
  }
  return found;
}

/** What the check of the libraries prints. */
const checkSchema = (kind: EnvironmentKind) =>
  z.object({
    ...{ torch: z.string(), [kind.key]: z.string(), python: z.string() },
    ...{ cuda: z.boolean(), gpu: z.boolean() },
  });

/** Runs the steps in a new folder, which is removed on failure. Returns what the check of the libraries reports. */
async function run(
  kind: EnvironmentKind,
  steps: readonly Step[],
  folder: string,
  logPath: string,
): Promise<z.infer<ReturnType<typeof checkSchema>>> {
  const progress = new Progress();
  const interrupt = listenForInterrupt(() => progress.line('interrupted: cleaning up'));
  const log = new Log(logPath);
  try {
    let printed = '';
    for (const step of steps) {
      progress.phase(step.title);
      printed = await runStep(step, log, interrupt.signal);
    }
    const line = printed.split('\n').find((text) => text.startsWith('{')) ?? '{}';
    return checkSchema(kind).parse(JSON.parse(line));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (!(error instanceof z.ZodError)) throw error;
    throw new BranchlineError('trainer', {
      message: 'the check of the libraries printed no versions',
      remedy: `See ${logPath}.`,
    });
  } finally {
    interrupt.stop();
    progress.done();
    await log.close();
  }
}

/** Renames a finished folder to its final name, replacing an existing one. */
function publish(building: string, folder: string): void {
  const old = `${building}-old`;
  makeFolderSync(dirname(folder));
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(building, folder);
  rmSync(old, { recursive: true, force: true });
}
