/** `backend install tensorflow`: builds in a folder beside the others, and gives it its name when everything works. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BranchlineError } from '@branchline/core';
import type { BackendRecord, InstalledBackend } from '@branchline/trainer-tfjs';
import { z } from 'zod';
import { listenForInterrupt } from '../experiment/interrupt.js';
import { Progress } from '../ui/progress.js';
import { applyPatch, ownFiles, PATCHES } from './files.js';
import { folderOf } from './folder.js';
import { librariesOf, NAPI, planSteps, type Step } from './plan.js';
import { findCompiler, Log, probePythons, runStep } from './programs.js';
import { chooseTensorflow, type Wish } from './python.js';
import { installedText, planText } from './text.js';

/** Arguments of `backend install tensorflow`. */
export interface InstallArguments {
  /** A Python to take TensorFlow or pip from. */
  readonly python?: string;
  /** TensorFlow with CUDA; by default where an NVIDIA GPU is seen. */
  readonly gpu?: boolean;
  /** Instead of the folder of the user's data. */
  readonly dir?: string;
  /** Prints the steps and does none. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

const BIN = fileURLToPath(new URL('../../bin/branchline.mjs', import.meta.url));

/** Folders that are built in: the process that builds is part of the name. */
const BUILDING = /^\.building-(\d+)(-old)?$/;

/** Builds the backend unless it is there, and prints where it is. */
export async function installTensorflow(args: InstallArguments): Promise<void> {
  process.stdout.write(`${await install(args)}\n`);
}

async function install(args: InstallArguments): Promise<string> {
  if (process.platform !== 'linux') {
    throw new BranchlineError('config', {
      message: `the tensorflow backend is built on Linux only, and this is ${process.platform}`,
      remedy: 'Elsewhere there is no current TensorFlow with CUDA; on Windows, WSL 2 has one.',
    });
  }
  const trainer = await import('@branchline/trainer-tfjs');
  const { installedBackends, TENSORFLOW_LIBRARIES, TFJS_VERSION } = trainer;
  const backends = await folderOf(args.dir);
  const tell = (backend: InstalledBackend, isNew: boolean) =>
    installedText(backend, { isNew, json: args.json, home: args.dir });
  const wish = wishOf(args, trainer.hasNvidiaDriver(), TENSORFLOW_LIBRARIES);
  const usable = installedBackends(backends).filter(({ refusal }) => refusal === undefined);
  // One with CUDA computes without a GPU too.
  const sufficient = (needed: boolean) => usable.find(({ cuda }) => cuda || !needed);
  const found = args.python === undefined ? sufficient(wish.gpu !== 'no') : undefined;
  if (found !== undefined) return tell(found, false);

  const source = chooseTensorflow(await probePythons(args.python ? [args.python] : ['python3', 'python']), wish);
  const same =
    source.folder === undefined ? sufficient(source.cuda) : usable.find(({ libraries }) => libraries === source.folder);
  if (same !== undefined) return tell(same, false);

  const building = join(backends, `.building-${process.pid}`);
  const steps = planSteps({
    ...{ folder: building, tfjs: TFJS_VERSION, arch: process.arch, source, compiler: await findCompiler() },
    ...{ libraries: TENSORFLOW_LIBRARIES, check: [process.execPath, BIN, 'backend', 'check'] },
  });
  if (args.dryRun) return planText(steps, backends, args.json);

  mkdirSync(backends, { recursive: true });
  removeLeftovers(backends);
  const { tensorflow, gpu } = await build(steps, building, join(backends, 'install.log'), trainer.ENTRY_FILE);
  const record: BackendRecord = {
    ...{ format: 1, backend: 'tensorflow', tfjs: TFJS_VERSION, tensorflow, cuda: source.cuda, napi: NAPI },
    ...{ platform: trainer.PLATFORM, libraries: librariesOf(source) },
  };
  writeFileSync(join(building, trainer.RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
  const folder = join(backends, nameOf(record));
  publish(building, folder);
  const warning =
    source.cuda && !gpu ? '\nTensorFlow lists no GPU here, so it computes on the CPU; the log says why.' : '';
  return `${tell(installedBackends(backends).find((one) => one.folder === folder)!, true)}${args.json ? '' : warning}`;
}

/** What the command line asks for, and the machine. */
function wishOf({ python, gpu }: InstallArguments, seen: boolean, libraries: readonly string[]): Wish {
  const wanted = gpu === undefined ? (seen ? 'seen' : 'no') : gpu ? 'asked' : 'no';
  return { ...(python !== undefined && { python }), gpu: wanted, arch: process.arch, libraries };
}

/** Builds in a new folder, which is gone again when this throws. Returns what the new backend says of itself. */
async function build(steps: readonly Step[], folder: string, logPath: string, entry: string): Promise<Checked> {
  const progress = new Progress();
  const interrupt = listenForInterrupt(() => progress.line('interrupted: cleaning up'));
  const log = new Log(logPath);
  try {
    prepare(steps, folder, entry);
    let printed = '';
    for (const step of steps) {
      progress.phase(step.title);
      if (step.name === 'patch') patch(folder);
      printed = await runStep(step, log, interrupt.signal);
    }
    return parseCheck(printed);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    interrupt.stop();
    progress.done();
    await log.close();
  }
}

/** Makes the folders that the steps write to, and our own files. */
function prepare(steps: readonly Step[], folder: string, entry: string): void {
  mkdirSync(folder);
  // tar wants the folders it unpacks to.
  for (const command of steps.flatMap(({ commands }) => commands)) {
    const at = command.indexOf('-C');
    if (at !== -1) mkdirSync(command[at + 1]!, { recursive: true });
  }
  for (const [path, text] of ownFiles(entry)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function patch(folder: string): void {
  for (const one of PATCHES) {
    for (const file of one.files) {
      const path = join(folder, file);
      writeFileSync(path, applyPatch(readFileSync(path, 'utf8'), one, file));
    }
  }
}

const checkSchema = z.object({ tensorflow: z.string(), gpu: z.boolean() });
type Checked = z.infer<typeof checkSchema>;

/** What `backend check` has printed, among what TensorFlow prints. */
function parseCheck(printed: string): Checked {
  const line = printed.split('\n').find((text) => text.startsWith('{')) ?? '';
  return checkSchema.parse(JSON.parse(line));
}

/** One folder for each combination that differs. */
function nameOf({ tensorflow, cuda, tfjs, napi, platform }: BackendRecord): string {
  return `tensorflow-${tensorflow}-${cuda ? 'cuda' : 'cpu'}-tfjs-${tfjs}-napi-${napi}-${platform}`;
}

/** Gives a finished folder its name; one that had it before is replaced. */
function publish(building: string, folder: string): void {
  const old = `${building}-old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(building, folder);
  rmSync(old, { recursive: true, force: true });
}

/** Removes what processes that were killed have left. */
export function removeLeftovers(backends: string): void {
  for (const name of existsSync(backends) ? readdirSync(backends) : []) {
    const pid = BUILDING.exec(name)?.[1];
    if (pid !== undefined && !isOther(Number(pid))) rmSync(join(backends, name), { recursive: true, force: true });
  }
}

/**
 * Whether another process with this number runs. Our own has nothing yet: in a container, a number soon comes again.
 */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
