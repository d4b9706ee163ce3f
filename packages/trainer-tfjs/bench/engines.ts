import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TfjsTrainerOptions } from '../src/index.js';

/** One way to train: the command to start, and its load request. */
export interface Candidate {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly load: Readonly<Record<string, unknown>>;
}

/** Why an engine is not measured. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Command of one of our own processes. */
export function ownProcess(threads: number): readonly [string, ...string[]] {
  const flags = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register'];
  return [process.execPath, ...flags, here('./process.ts'), String(threads)];
}

function own(name: string, options: TfjsTrainerOptions, threads: number): Candidate {
  return { name, command: ownProcess(threads), load: { options } };
}

/** A Python with PyTorch: the given one, the one of a virtual environment in this folder, or the system's. */
function pythonWithTorch(given: string | undefined): string | Absence {
  const tried = given ? [given] : [here('../../../.venv/bin/python'), 'python3', 'python'];
  for (const python of tried) {
    try {
      execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' });
      return python;
    } catch {
      // Try the next one.
    }
  }
  const remedy = 'python3 -m venv .venv && .venv/bin/pip install torch numpy';
  return { name: 'PyTorch', reason: `no Python with torch among ${tried.join(', ')}; add one: ${remedy}` };
}

/** All engines that this machine may have, and why others are missing. `load` shows whether one works. */
export function candidates(threads: number, python?: string): { found: Candidate[]; absent: Absence[] } {
  const found = [
    own('jit', { engine: 'jit', threads }, threads),
    ...(threads > 1 ? [own('jit, 1 thread', { engine: 'jit', threads: 1 }, 1)] : []),
    own('tfjs wasm', { engine: 'eager', backend: 'wasm' }, threads),
    own('tfjs-node', { engine: 'eager', backend: 'tensorflow' }, threads),
  ];
  const absent: Absence[] = [];
  const torch = pythonWithTorch(python);
  if (typeof torch === 'string') {
    for (const dtype of ['float32', 'bfloat16']) {
      for (const compile of [false, true]) {
        const name = `PyTorch ${compile ? 'compiled' : 'eager'} ${dtype}`;
        found.push({ name, command: [torch, here('./torch_peer.py')], load: { threads, dtype, compile } });
      }
    }
  } else absent.push(torch);
  return { found, absent };
}
