/** The steps that build the backend, as data: `--dry-run` shows exactly what is executed. */
import { join } from 'node:path';
import { headersIn, type TensorflowSource, wheelsFor } from './python.js';

/** The Node-API version to compile for. Every Node since 18 supports it, and later versions run such addons too. */
export const NAPI = 8;

/** File name of the addon. */
export const ADDON = 'tfjs_binding.node';

/**
 * A Python version for which every TensorFlow since 2.16 has a wheel. The libraries do not depend on it, and no Python
 * runs them.
 */
const WHEEL_PYTHON = '3.12';

/** A step: commands to run, or work on files. */
export interface Step {
  readonly name:
    | 'fetch'
    | 'tensorflow'
    | 'patch'
    | 'compile'
    | 'check'
    | 'venv'
    | 'torch'
    | 'transformers'
    | 'olmo-core';
  readonly title: string;
  /** Programs with arguments, run in sequence. */
  readonly commands: readonly (readonly string[])[];
}

/** The inputs that determine the steps. */
export interface Circumstances {
  /** The folder to build in. */
  readonly folder: string;
  /** TensorFlow.js version. */
  readonly tfjs: string;
  readonly arch: string;
  readonly source: TensorflowSource;
  readonly compiler: string;
  /** TensorFlow's shared libraries to link against. */
  readonly libraries: readonly string[];
  /** Command that checks a built backend; the folder is appended. */
  readonly check: readonly string[];
}

/** The folder of TensorFlow's libraries; relative to the backend's folder if pip installs them there. */
export function librariesOf({ folder }: TensorflowSource): string {
  return folder ?? join('python', 'tensorflow');
}

/** All steps in order. */
export function planSteps(circumstances: Circumstances): readonly Step[] {
  const { folder, tfjs, arch, source, check } = circumstances;
  const packages = npmPackages(tfjs);
  const python = source.python.executable;
  const pip: Step = {
    name: 'tensorflow',
    title: `installing TensorFlow ${source.cuda ? 'with CUDA (several GB)' : 'for the CPU (270 MB)'}`,
    commands: [
      [
        ...[python, '-m', 'pip', 'install', '--target', join(folder, 'python'), '--no-input', '--progress-bar', 'off'],
        ...['--no-compile', '--only-binary', ':all:', '--python-version', WHEEL_PYTHON, ...wheelsFor(source, arch)],
      ],
    ],
  };
  return [
    {
      name: 'fetch',
      title: 'fetching the sources of tfjs-node and what they need',
      commands: [
        ['npm', 'pack', '--loglevel=error', '--ignore-scripts', '--pack-destination', folder, ...packages.map(specOf)],
        ...packages.map((one) => [
          ...['tar', '-xzf', join(folder, tarballOf(one)), '-C', join(folder, one.to), '--strip-components=1'],
        ]),
      ],
    },
    ...(source.folder === undefined ? [pip] : []),
    { name: 'patch', title: 'mending the sources', commands: [] },
    { name: 'compile', title: 'compiling the addon', commands: [compile(circumstances)] },
    { name: 'check', title: 'loading it and multiplying', commands: [[...check, folder]] },
  ];
}

function compile({ folder, source, compiler, libraries }: Circumstances): readonly string[] {
  const own = librariesOf(source);
  const tensorflow = source.folder ?? join(folder, own);
  const binding = join(folder, SOURCES, 'binding');
  return [
    ...[compiler, '-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI}`],
    ...[`-I${join(folder, HEADERS)}`, `-I${headersIn(tensorflow)}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(binding, name)),
    ...libraries.map((name) => join(tensorflow, name)),
    // Relative, so that the folder can be moved.
    `-Wl,-rpath,${source.folder ?? `$ORIGIN/${own}`}`,
    ...['-o', join(folder, ADDON)],
  ];
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Target folder, below the backend's. */
  readonly to: string;
}

const SOURCES = join('node_modules', '@tensorflow', 'tfjs-node');
const HEADERS = join('node-api-headers', 'include');

/** Packages from npm, less than a megabyte: the rest of TensorFlow.js is installed already. */
export function npmPackages(tfjs: string): readonly NpmPackage[] {
  return [
    { name: '@tensorflow/tfjs-node', version: tfjs, to: SOURCES },
    // The only other package that its kernels load.
    { name: 'google-protobuf', version: '3.21.4', to: join('node_modules', 'google-protobuf') },
    // Headers of the Node-API, which would otherwise come from nodejs.org.
    { name: 'node-api-headers', version: '1.9.0', to: 'node-api-headers' },
  ];
}

const specOf = ({ name, version }: NpmPackage) => `${name}@${version}`;

/** The file name that `npm pack` uses. */
export function tarballOf({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string {
  return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}
