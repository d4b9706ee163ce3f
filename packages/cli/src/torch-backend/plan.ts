/** The steps of `backend install torch` and `olmo-core`, as data: `--dry-run` shows exactly what is executed. */
import { pythonIn } from '@branchline/trainer-torch';
import type { EnvironmentKind } from '../backend/environments.js';
import type { Step } from '../backend/plan.js';

/** PyTorch's own index of builds without CUDA. On Linux, PyPI has only builds with CUDA. */
export const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';

/** Where PyTorch comes from. */
export type Build =
  /** From PyPI, with CUDA. */
  | 'cuda'
  /** From PyTorch's own index, without CUDA. */
  | 'cpu'
  /** From PyPI, with CUDA's libraries because it does not load without them, but without the compiler for GPUs. */
  | 'cpu-from-pypi'
  /** From PyPI for a system that has no CUDA. */
  | 'plain';

/** The inputs that determine the steps. */
export interface TorchCircumstances {
  /** The folder to build in. */
  readonly folder: string;
  /** The Python that makes the virtual environment. */
  readonly python: string;
  readonly build: Build;
  readonly kind: EnvironmentKind;
}

/** Installs what a package requires on this machine, except for some packages. */
const REQUIREMENTS = `
import subprocess, sys
from importlib.metadata import requires
from pip._vendor.packaging.requirements import Requirement
wanted = [Requirement(line) for line in requires('torch') or []]
wanted = [str(one) for one in wanted if (one.marker is None or one.marker.evaluate({'extra': ''}))
          and one.name not in ('triton', 'cuda-bindings')]
wanted = [line.split(';')[0].strip() for line in wanted]
sys.exit(subprocess.call([sys.executable, '-m', 'pip', *sys.argv[1:], *wanted]))
`.trim();

/** Loads both libraries, multiplies two matrices, and prints versions as one line of JSON. */
const check = ({ key, check: { imports, version } }: EnvironmentKind) =>
  `
import json, platform, ${imports}
assert float((torch.ones(2, 2) @ torch.ones(2, 2)).sum()) == 8
print(json.dumps({'torch': torch.__version__, '${key}': ${version},
  'python': platform.python_version(), 'cuda': torch.version.cuda is not None, 'gpu': torch.cuda.is_available()}))
`.trim();

const SIZES: Readonly<Record<Build, string>> = {
  cuda: 'with CUDA from PyPI (2.5 GB to download, 5.5 GB on disk)',
  cpu: 'without CUDA from its own index (200 MB)',
  'cpu-from-pypi': 'from PyPI, which has it with CUDA only (2.3 GB to download, 4.5 GB on disk)',
  plain: 'from PyPI',
};

/** All steps in order. */
export function planTorchSteps({ folder, python, build, kind }: TorchCircumstances): readonly Step[] {
  const own = pythonIn(folder);
  const install = ['install', '--no-input', '--progress-bar', 'off', '--only-binary', ':all:'];
  const pip = (...args: readonly string[]) => [own, '-m', 'pip', ...install, ...args];
  const torch: Readonly<Record<Build, readonly (readonly string[])[]>> = {
    cuda: [pip(kind.torch)],
    cpu: [pip('--index-url', CPU_INDEX, kind.torch)],
    'cpu-from-pypi': [pip('--no-deps', kind.torch), [own, '-c', REQUIREMENTS, ...install]],
    plain: [pip(kind.torch)],
  };
  return [
    { name: 'venv', title: 'making a virtual environment', commands: [[python, '-m', 'venv', folder]] },
    { name: 'torch', title: `installing PyTorch ${SIZES[build]}`, commands: torch[build] },
    { name: kind.library.name, title: kind.library.title, commands: [pip(kind.library.requirement)] },
    { name: 'check', title: 'loading both and multiplying', commands: [[own, '-c', check(kind)]] },
  ];
}

/** Chooses the build for a machine. */
export function chooseBuild(machine: {
  readonly platform: NodeJS.Platform;
  /** An NVIDIA GPU was seen or asked for. */
  readonly gpu: boolean;
  /** Whether PyTorch's own index answers. */
  readonly indexAnswers: boolean;
}): Build {
  if (machine.gpu) return 'cuda';
  if (machine.platform === 'darwin') return 'plain';
  if (machine.indexAnswers) return 'cpu';
  return machine.platform === 'linux' ? 'cpu-from-pypi' : 'plain';
}
