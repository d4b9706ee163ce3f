/** Finds a Python whose TensorFlow or pip can be used to build a backend. */
import { join } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { z } from 'zod';

/** Run by every Python. It does not import TensorFlow, which would take seconds and a gigabyte. */
export const PROBE = `
import importlib.util, json, os, runpy, sys

def version():
    from importlib import metadata
    return metadata.version(metadata.packages_distributions()['tensorflow'][0])

def cuda(folder):
    path = os.path.join(folder, 'python', 'platform', 'build_info.py')
    return bool(runpy.run_path(path)['build_info']['is_cuda_build'])

def attempt(ask, *arguments):
    try:
        return ask(*arguments)
    except Exception:
        return None

spec = importlib.util.find_spec('tensorflow')
folder = spec and spec.origin and os.path.dirname(spec.origin)
print(json.dumps({
    'executable': sys.executable,
    'version': '.'.join(map(str, sys.version_info[:3])),
    'pip': importlib.util.find_spec('pip') is not None,
    'tensorflow': folder and {
        'folder': folder,
        'version': attempt(version),
        'cuda': bool(attempt(cuda, folder)),
        'files': os.listdir(folder),
        'headers': os.path.isfile(os.path.join(folder, 'include', 'tensorflow', 'c', 'eager', 'c_api.h')),
    } or None,
}))
`;

const pythonSchema = z.object({
  executable: z.string(),
  version: z.string(),
  /** Whether it can run pip. */
  pip: z.boolean(),
  tensorflow: z
    .object({
      folder: z.string(),
      version: z.string().nullable(),
      cuda: z.boolean(),
      files: z.array(z.string()),
      headers: z.boolean(),
    })
    .nullable(),
});

/** A Python, as reported by the probe. */
export type Python = z.infer<typeof pythonSchema>;

/** Parses the probe's output; undefined if the Python does not work. Modules may print before it. */
export function parsePython(output: string): Python | undefined {
  const last = output.trim().split('\n').at(-1) ?? '';
  try {
    return pythonSchema.parse(JSON.parse(last));
  } catch {
    return undefined;
  }
}

/** Requirements on TensorFlow. */
export interface Wish {
  /** The Python named by the user. */
  readonly python?: string;
  /** Whether TensorFlow must be built for CUDA: `asked` by the user, or because an NVIDIA GPU was `seen`. */
  readonly gpu: 'asked' | 'seen' | 'no';
  /** CPU architecture as Node names it, e.g. `x64`. */
  readonly arch: string;
  /** Names of TensorFlow's shared libraries. */
  readonly libraries: readonly string[];
}

/** Where TensorFlow comes from. */
export interface TensorflowSource {
  readonly python: Python;
  /** Built for CUDA. */
  readonly cuda: boolean;
  /** The folder of an installed `tensorflow` package. Absent: pip installs one. */
  readonly folder?: string;
}

/**
 * Chooses the first suitable Python, in the order of the PATH. Throws a BranchlineError with a remedy if there is none.
 */
export function chooseTensorflow(pythons: readonly Python[], wish: Wish): TensorflowSource {
  if (pythons.length === 0) throw noPython(wish);
  for (const python of pythons) {
    if (python.tensorflow === null) continue;
    const { folder, cuda } = python.tensorflow;
    const defect = defectOf(python.tensorflow, wish);
    if (defect === undefined) return { python, cuda, folder };
    if (wish.python !== undefined) throw unusable(python, defect);
  }
  const withPip = pythons.find(({ pip }) => pip);
  if (withPip === undefined) throw noPip(pythons[0]!);
  const cuda = wish.gpu !== 'no' && wish.arch === 'x64';
  if (wish.gpu === 'asked' && !cuda) throw noCudaWheel(wish);
  return { python: withPip, cuda };
}

/** Why a backend cannot be built against this TensorFlow; undefined if it can. */
function defectOf(tensorflow: NonNullable<Python['tensorflow']>, { gpu, python, libraries }: Wish): string | undefined {
  const missing = libraries.find((name) => !tensorflow.files.includes(name));
  if (missing !== undefined) return `has no ${missing}`;
  if (!tensorflow.headers) return 'has no headers (include/tensorflow/c)';
  // A TensorFlow in a Python that the user named does not need CUDA, unless requested.
  if (!tensorflow.cuda && (gpu === 'asked' || (gpu === 'seen' && python === undefined))) {
    return 'is built without CUDA';
  }
  return undefined;
}

/** Packages of PyPI that contain TensorFlow, as arguments of pip. */
export function wheelsFor({ cuda }: TensorflowSource, arch: string): readonly string[] {
  if (cuda) return ['tensorflow[and-cuda]'];
  // Only its libraries are needed, so none of its Python dependencies. There is no tensorflow-cpu for arm64.
  return ['--no-deps', arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'];
}

/** Path of the headers in a `tensorflow` package. */
export const headersIn = (folder: string) => join(folder, 'include');

function noPython({ python }: Wish): BranchlineError {
  return new BranchlineError('config', {
    message: python === undefined ? 'no Python was found (python3, python)' : `${python} is not a working Python`,
    remedy: "TensorFlow's library comes from PyPI: install python3 with pip, or name one with --python <path>.",
  });
}

function noPip({ executable, version }: Python): BranchlineError {
  return new BranchlineError('config', {
    message: `Python ${version} (${executable}) has neither a TensorFlow to build against nor pip`,
    remedy:
      'Install pip (python3 -m ensurepip, or the package python3-pip), or name another Python with --python <path>.',
  });
}

function unusable({ executable, tensorflow }: Python, defect: string): BranchlineError {
  return new BranchlineError('config', {
    message: `the TensorFlow ${tensorflow?.version ?? ''} of ${executable} ${defect}: ${tensorflow?.folder}`,
    remedy: 'Name a Python with a TensorFlow from PyPI, or leave out --python: pip then brings one of its own.',
  });
}

function noCudaWheel({ arch }: Wish): BranchlineError {
  return new BranchlineError('config', {
    message: `PyPI has no TensorFlow with CUDA for Linux on ${arch}`,
    remedy: 'Name a Python with one that was built for CUDA: --python <path>.',
  });
}
