/**
 * `backend install tensorflow`: builds in a temporary folder next to the others and renames it once everything works.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BranchlineError, makeFolderSync } from '@branchline/core';
import type { BackendRecord, InstalledBackend } from '@branchline/trainer-tfjs';
import { z } from 'zod';
import { listenForInterrupt } from '../ui/interrupt.js';
import { Progress } from '../ui/progress.js';
import { applyPatch, ownFiles, PATCHES } from './files.js';
import { folderOf } from './folder.js';
import { removeLeftovers } from './leftovers.js';
import { librariesOf, NAPI, planSteps, type Step } from './plan.js';
import { findCompiler, Log, probePythons, runStep } from './programs.js';
import { chooseTensorflow, type Wish } from './python.js';
import { installedText, planText } from './text.js';

/** Arguments of `backend install`. */
export interface InstallArguments {
  /** A Python: for tensorflow one that has TensorFlow or pip, for torch one that makes the environment. */
  readonly python?: string;
  /** Whether to use CUDA. Default: if an NVIDIA GPU is present. */
  readonly gpu?: boolean;
  /** Replaces the default folder in the user's data directory. */
  readonly dir?: string;
  /** Prints the steps without executing them. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

const BIN = fileURLToPath(new URL('../../bin/branchline.mjs', import.meta.url));

/** Builds the backend unless it exists, and prints where it is. */
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
  const describe = (backend: InstalledBackend, isNew: boolean) =>
    installedText(backend, { isNew, json: args.json, home: args.dir });
  const wish = wishOf(args, trainer.hasNvidiaDriver(), TENSORFLOW_LIBRARIES);
  const usable = installedBackends(backends).filter(({ refusal }) => refusal === undefined);
  // A backend with CUDA also works without a GPU.
  const sufficient = (needed: boolean) => usable.find(({ cuda }) => cuda || !needed);
  const found = args.python === undefined ? sufficient(wish.gpu !== 'no') : undefined;
  if (found !== undefined) return describe(found, false);

  const source = chooseTensorflow(await probePythons(args.python ? [args.python] : ['python3', 'python']), wish);
  const same =
    source.folder === undefined ? sufficient(source.cuda) : usable.find(({ libraries }) => libraries === source.folder);
  if (same !== undefined) return describe(same, false);

  const building = join(backends, `.building-${process.pid}`);
  const steps = planSteps({
    ...{ folder: building, tfjs: TFJS_VERSION, arch: process.arch, source, compiler: await findCompiler() },
    ...{ libraries: TENSORFLOW_LIBRARIES, check: [process.execPath, BIN, 'backend', 'check'] },
  });
  if (args.dryRun) return planText(steps, backends, args.json);

  makeFolderSync(backends);
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
  return `${describe(installedBackends(backends).find((one) => one.folder === folder)!, true)}${args.json ? '' : warning}`;
}

/** The requirements, from the command line and the machine. */
function wishOf({ python, gpu }: InstallArguments, seen: boolean, libraries: readonly string[]): Wish {
  const wanted = gpu === undefined ? (seen ? 'seen' : 'no') : gpu ? 'asked' : 'no';
  return { ...(python !== undefined && { python }), gpu: wanted, arch: process.arch, libraries };
}

/** Builds in a new folder, which is removed on failure. Returns what the check of the new backend reports. */
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

/** Creates the folders that the steps write to, and our own files. */
function prepare(steps: readonly Step[], folder: string, entry: string): void {
  mkdirSync(folder);
  // tar requires existing target folders.
  for (const command of steps.flatMap(({ commands }) => commands)) {
    const at = command.indexOf('-C');
    if (at !== -1) makeFolderSync(command[at + 1]!);
  }
  for (const [path, text] of ownFiles(entry)) {
    makeFolderSync(dirname(join(folder, path)));
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

/** Parses the output of `backend check`, which TensorFlow mixes with its own. */
function parseCheck(printed: string): Checked {
  const line = printed.split('\n').find((text) => text.startsWith('{')) ?? '';
  return checkSchema.parse(JSON.parse(line));
}

/** A distinct folder for each combination. */
function nameOf({ tensorflow, cuda, tfjs, napi, platform }: BackendRecord): string {
  return `tensorflow-${tensorflow}-${cuda ? 'cuda' : 'cpu'}-tfjs-${tfjs}-napi-${napi}-${platform}`;
}

/** Renames a finished folder to its final name, replacing an existing one. */
function publish(building: string, folder: string): void {
  const old = `${building}-old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(building, folder);
  rmSync(old, { recursive: true, force: true });
}
