/** The steps that build the backend, as data: what is shown by `--dry-run` is what is done. */
import { join } from 'node:path';
import { headersIn, type TensorflowSource, wheelsFor } from './python.js';

/** Version of the Node-API that is compiled for; every Node from 18 on has it, and an addon runs in later ones too. */
export const NAPI = 8;

/** The addon's file. */
export const ADDON = 'tfjs_binding.node';

/**
 * A Python version that every TensorFlow since 2.16 has a wheel for. Its libraries are the same for all, and no Python
 * runs them.
 */
const WHEEL_PYTHON = '3.12';

/** One step, of commands or of work on files. */
export interface Step {
  readonly name: 'fetch' | 'tensorflow' | 'patch' | 'compile' | 'check';
  readonly title: string;
  /** Programs with their arguments, one after the other. */
  readonly commands: readonly (readonly string[])[];
}

/** All that decides the steps. */
export interface Circumstances {
  /** The folder to build in. */
  readonly folder: string;
  /** Version of TensorFlow.js. */
  readonly tfjs: string;
  readonly arch: string;
  readonly source: TensorflowSource;
  readonly compiler: string;
  /** TensorFlow's shared libraries to link against. */
  readonly libraries: readonly string[];
  /** What checks a built backend when its folder is added. */
  readonly check: readonly string[];
}

/** The folder of TensorFlow's libraries, relative to the backend's own where pip puts them there. */
export function librariesOf({ folder }: TensorflowSource): string {
  return folder ?? join('python', 'tensorflow');
}

/** The steps in their order. */
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
    // Found again wherever the folder is moved to.
    `-Wl,-rpath,${source.folder ?? `$ORIGIN/${own}`}`,
    ...['-o', join(folder, ADDON)],
  ];
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Where it is unpacked, below the backend's folder. */
  readonly to: string;
}

const SOURCES = join('node_modules', '@tensorflow', 'tfjs-node');
const HEADERS = join('node-api-headers', 'include');

/** What comes from npm: under a megabyte, since the rest of TensorFlow.js is already here. */
export function npmPackages(tfjs: string): readonly NpmPackage[] {
  return [
    { name: '@tensorflow/tfjs-node', version: tfjs, to: SOURCES },
    // The one other package that its kernels load.
    { name: 'google-protobuf', version: '3.21.4', to: join('node_modules', 'google-protobuf') },
    // Headers of the Node-API, which otherwise come from nodejs.org.
    { name: 'node-api-headers', version: '1.9.0', to: 'node-api-headers' },
  ];
}

const specOf = ({ name, version }: NpmPackage) => `${name}@${version}`;

/** The name that `npm pack` gives. */
export function tarballOf({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string {
  return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}
