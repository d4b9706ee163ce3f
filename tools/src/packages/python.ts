import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pythonRelease } from '../structure/manifests.js';
import { run } from './command.js';

/** Folders of a worker that its wheel and sdist are not made from. */
const LEFT_OUT = /^(tests|__pycache__|build|dist|.*\.egg-info|\..*_cache)$/;
/** Distributions and their modules. */
const WORKERS = [
  { name: 'branchline_worker', distribution: 'branchline-worker' },
  { name: 'branchline_olmo_core', distribution: 'branchline-olmo-core' },
];

/** What building and trying the Python packages found. */
export interface PythonResult {
  /** Files in the folder `python`. */
  readonly files: readonly string[];
  readonly problems: readonly string[];
  /** Why nothing was built. */
  readonly skipped?: string;
}

/**
 * Builds a wheel and a sdist of each worker and installs the wheels in an empty environment, without torch: their
 * command lines must show their help there. The tools that build are installed once, in `tools`.
 */
export async function buildPython(
  root: string,
  paths: readonly string[],
  { version, out, tools }: { readonly version: string; readonly out: string; readonly tools: string },
): Promise<PythonResult> {
  const bin = (environment: string, name: string) => join(environment, 'bin', name);
  const nothing = (skipped: string): PythonResult => ({ files: [], problems: [], skipped });
  if (!existsSync(bin(tools, 'pyproject-build'))) {
    const made = await run('python3', ['-m', 'venv', '--clear', tools], { cwd: root });
    if (made.code !== 0) return nothing(`python3 -m venv: ${made.all.trim()}`);
    const install = ['-m', 'pip', 'install', '--quiet', '--requirement', join(root, 'tools/python-build.txt')];
    const installed = await run(bin(tools, 'python'), install, { cwd: root });
    if (installed.code !== 0) return nothing(`pip could not install what builds: ${installed.all.trim()}`);
  }
  const problems: string[] = [];
  const folder = join(out, 'python');
  mkdirSync(folder, { recursive: true });
  for (const path of paths) {
    const worker = dirname(path);
    const copy = join(out, 'staged-python', worker);
    cpSync(join(root, worker), copy, { recursive: true, filter: (file) => !LEFT_OUT.test(basename(file)) });
    copyFileSync(join(root, 'LICENSE'), join(copy, 'LICENSE'));
    // The sdist, and the wheel from it.
    const built = await run(bin(tools, 'python'), ['-m', 'build', '--no-isolation', '--outdir', folder, copy], {
      cwd: out,
    });
    if (built.code !== 0) problems.push(`${worker}: python -m build: ${built.all.trim()}`);
  }
  const files = readdirSync(folder).sort();
  const release = pythonRelease(version);
  const wanted = WORKERS.flatMap(({ name }) => [`${name}-${release}-py3-none-any.whl`, `${name}-${release}.tar.gz`]);
  if (files.join() !== wanted.sort().join()) problems.push(`built ${files.join(', ')}, not ${wanted.join(', ')}`);
  if (problems.length > 0) return { files, problems };

  const empty = join(out, 'empty-python');
  const made = await run('python3', ['-m', 'venv', '--clear', '--without-pip', empty], { cwd: out });
  if (made.code !== 0) return { files, problems: [`python3 -m venv: ${made.all.trim()}`] };
  const wheels = files.filter((file) => file.endsWith('.whl')).map((file) => join(folder, file));
  const pip = [
    '-m',
    'pip',
    '--python',
    bin(empty, 'python'),
    'install',
    '--quiet',
    '--no-deps',
    '--no-index',
    ...wheels,
  ];
  const installed = await run(bin(tools, 'python'), pip, { cwd: out });
  if (installed.code !== 0) return { files, problems: [`pip install of the wheels: ${installed.all.trim()}`] };
  const tries: readonly (readonly [string, readonly string[], string])[] = [
    ['branchline-worker', ['--help'], 'usage: '],
    ...WORKERS.map(({ name }) => ['python', ['-m', name, '--help'], `usage: python -m ${name}`] as const),
    ...WORKERS.map(({ distribution }) => {
      const ask = `import importlib.metadata as m; print(m.version("${distribution}"), m.files("${distribution}"))`;
      return ['python', ['-c', ask], `${release} `] as const;
    }),
  ];
  for (const [command, args, begin] of tries) {
    const { code, output, all } = await run(bin(empty, command), args, { cwd: out });
    const said = `${command} ${args.join(' ')}: ${all.trim()}`;
    if (code !== 0 || !output.startsWith(begin)) problems.push(said);
    if (args[0] === '-c' && (/tests|__pycache__\/conftest/.test(output) || !output.includes('LICENSE'))) {
      problems.push(`a wheel has tests or no license: ${said}`);
    }
  }
  return { files, problems };
}
