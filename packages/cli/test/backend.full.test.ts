/** `branchline backend`, with fake npm, Python and compiler; and for real if enabled. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { folder } from '@branchline/api/test/corpus.js';
import { backendsFolder, installedBackends } from '@branchline/trainer-tfjs';
import { afterEach, describe, expect, it } from 'vitest';
import { branchline, start } from './bin.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** Writes an executable shell script. */
function program(directory: string, name: string, script: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
}

const PYTHON = JSON.stringify({ executable: 'python3', version: '3.12.0', pip: true, tensorflow: null });
/** A Python that answers the probe; called as pip it runs the given commands. */
const pythonThat = (pip: string) => `if [ "$1" = -c ]; then echo '${PYTHON}'; else ${pip}; fi`;

/** A home for backends, and a PATH with only these programs and Node. */
function fixtures(programs: Readonly<Record<string, string>>): {
  readonly directory: string;
  readonly backends: string;
} {
  const directory = folder();
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const [name, script] of Object.entries(programs)) program(bin, name, script);
  for (const name of ['sleep', 'mkdir', 'mv']) symlinkSync(join('/bin', name), join(bin, name));
  process.env.PATH = bin;
  delete process.env.CXX;
  process.env.BRANCHLINE_HOME = directory;
  return { directory, backends: join(directory, 'backends') };
}

const NPM = 'exit 0';
/** Unpacks the files that the patches expect. */
const TAR = `case "$4" in */tfjs-node) mkdir -p "$4/dist/kernels"
  echo 'require("util")' > "$4/dist/nodejs_kernel_backend.js"
  echo 'require("util")' > "$4/dist/kernels/TopK.js" ;; esac`;
const COMPILER = 'exit 0';

const install = (directory: string, ...more: readonly string[]) =>
  branchline(directory, 'backend', 'install', 'tensorflow', '--no-gpu', ...more);

describe.runIf(process.platform === 'linux')('backend install, with programs that stand in for others', () => {
  it('prints the steps with --dry-run without executing them', async () => {
    const { directory, backends } = fixtures({ python3: pythonThat('exit 1'), 'g++': COMPILER });
    const { code, stdout } = await install(directory, '--dry-run');
    expect(code).toBe(0);
    expect(stdout.match(/^\d\. .*$/gm)).toHaveLength(5);
    expect(stdout).toContain('tensorflow-cpu');
    const json = await install(directory, '--dry-run', '--json');
    const { steps } = JSON.parse(json.stdout) as { steps: { name: string }[] };
    expect(steps.map(({ name }) => name)).toEqual(['fetch', 'tensorflow', 'patch', 'compile', 'check']);
    expect(existsSync(backends)).toBe(false);
  });

  it('reports a missing Python, pip or compiler before it starts anything', async () => {
    const { directory, backends } = fixtures({});
    const none = await install(directory);
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain('no Python was found');
    program(join(directory, 'bin'), 'python3', pythonThat('exit 1').replace('"pip":true', '"pip":false'));
    expect((await install(directory)).stderr).toContain('nor pip');
    program(join(directory, 'bin'), 'python3', pythonThat('exit 1'));
    const { code, stderr } = await install(directory);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no C\+\+ compiler was found \(c\+\+, g\+\+, clang\+\+\)\n +Install g\+\+/);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(existsSync(backends)).toBe(false);
  });

  it('leaves only the log of a failed build', async () => {
    const { directory, backends } = fixtures({
      ...{ npm: NPM, tar: TAR, python3: pythonThat('exit 0') },
      'c++': '[ "$1" = --version ] || { echo "tfjs_backend.cc:7:1: error: no TFE_NewContext" >&2; exit 1; }',
    });
    const { code, stdout, stderr } = await install(directory);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('the addon does not compile against this TensorFlow (c++: exit code 1)');
    expect(stderr).toContain('error: no TFE_NewContext');
    expect(stderr).toContain(join(backends, 'install.log'));
    expect(readdirSync(backends)).toEqual(['install.log']);
    const log = readFileSync(join(backends, 'install.log'), 'utf8');
    expect(log).toMatch(/^\$ npm pack /m);
    expect(log).toContain('no TFE_NewContext');
  });

  it('leaves no partial build and no running program when interrupted', async () => {
    const pip =
      'echo $$ > "$BRANCHLINE_HOME/pid.part"; mv "$BRANCHLINE_HOME/pid.part" "$BRANCHLINE_HOME/pid"; sleep 600';
    const { directory, backends } = fixtures({ npm: NPM, tar: TAR, python3: pythonThat(pip), 'c++': COMPILER });
    const started = start(directory, 'backend', 'install', 'tensorflow', '--no-gpu');
    const pidFile = join(directory, 'pid');
    while (!existsSync(pidFile)) await setTimeout(20);
    started.child.kill('SIGINT');
    const { code, stderr } = await started.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted; nothing was installed');
    expect(readdirSync(backends)).toEqual(['install.log']);
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow('ESRCH');
  });

  it('removes leftovers of killed processes, but not those of running ones', async () => {
    const { directory, backends } = fixtures({ npm: 'exit 1', python3: pythonThat('exit 0'), 'c++': COMPILER });
    // Larger than any process id.
    for (const pid of [4_194_305, process.pid]) mkdirSync(join(backends, `.building-${pid}`), { recursive: true });
    expect((await install(directory)).code).toBe(1);
    expect(readdirSync(backends).sort()).toEqual([`.building-${process.pid}`, 'install.log']);
  });

  it('knows its commands, and handles an empty folder', async () => {
    const { directory, backends } = fixtures({});
    expect((await branchline(directory, 'backend', 'ls')).stdout).toMatch(
      /^None in .*backend install torch \(or olmo-core, tensorflow\)\n$/,
    );
    const json = await branchline(directory, 'backend', 'ls', '--json');
    expect(JSON.parse(json.stdout)).toEqual({ folder: backends, backends: [], torch: null, olmoCore: null });
    expect((await branchline(directory, 'backend', 'remove', 'tensorflow')).stdout).toContain('Nothing to remove');
    expect((await branchline(directory, 'backend', 'remove', 'torch')).stdout).toContain('Nothing to remove');
    const wrong = await branchline(directory, 'backend', 'instal', 'tensorflow');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('Did you mean "install"?');
  });
});

/** A Python that answers the probe, and makes a virtual environment whose Python does the same. */
const torchPython = (version: string, pip: string) => `
case "$1 $2" in
  "-c import json, sys"*) echo '["/python3", [3, ${version}]]' | sed "s|/python3|$0|" ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip") ${pip} ;;
  "-c import json, platform"*)
    echo '{"torch":"2.15.0","transformers":"5.24.0","python":"3.12.1","cuda":true,"gpu":false}' ;;
esac`;

describe.runIf(process.platform === 'linux')('backend install torch, with programs that stand in for others', () => {
  const installTorch = (directory: string, ...more: readonly string[]) =>
    branchline(directory, 'backend', 'install', 'torch', '--gpu', ...more);
  const programs = (version: string, pip: string) => {
    const made = fixtures({ python3: torchPython(version, pip) });
    for (const name of ['sed', 'cp']) symlinkSync(join('/bin', name), join(made.directory, 'bin', name));
    return made;
  };

  it('makes an environment once, lists it and removes it', async () => {
    const { directory } = programs('12', 'exit 0');
    const first = await installTorch(directory);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/^Installed PyTorch 2\.15\.0 with CUDA\n {2}and transformers 5\.24\.0/);
    expect(first.stdout).toContain('PyTorch sees no GPU here');
    expect(existsSync(join(directory, 'torch', 'bin', 'python'))).toBe(true);
    expect((await installTorch(directory)).stdout).toContain('Nothing to do: there is PyTorch 2.15.0');
    expect((await branchline(directory, 'backend', 'ls')).stdout).toContain('torch 2.15.0');
    expect((await branchline(directory, 'backend', 'remove', 'torch')).stdout).toContain(join(directory, 'torch'));
    expect(readdirSync(directory).sort()).toEqual(['bin', 'install-torch.log']);
  });

  it('reports an old Python before it starts, and leaves only the log when pip fails', async () => {
    const old = programs('8', 'exit 0');
    const refused = await installTorch(old.directory);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/Python 3\.8 \(.*python3\) is too old for PyTorch\n +Install Python 3\.10 or later/);
    const { directory } = programs('12', 'echo "ERROR: No matching distribution found for torch>=2.11" >&2; exit 1');
    const failed = await installTorch(directory);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('pip finds no torch>=2.11 for this machine');
    expect(readdirSync(directory).sort()).toEqual(['bin', 'install-torch.log']);
  });
});

const present = installedBackends(backendsFolder(before)).find(({ refusal }) => refusal === undefined);
const wanted = Boolean(before.BRANCHLINE_TEST_BACKEND);
if (!wanted) {
  console.warn('SKIPPED: the real `backend install tensorflow` (300 MB, a minute). BRANCHLINE_TEST_BACKEND=1 runs it.');
}
if (!present) {
  console.warn('SKIPPED: the tests of an installed backend: there is none. npx branchline backend install tensorflow');
}

describe.runIf(wanted)('backend install, for real', () => {
  it('builds a backend that works, does nothing the second time, and removes it', async () => {
    const directory = folder();
    const arguments_ = ['backend', 'install', 'tensorflow', '--no-gpu', '--dir', directory, '--json'];
    const first = await branchline(directory, ...arguments_);
    expect(first.code, first.stderr).toBe(0);
    const made = JSON.parse(first.stdout) as { isNew: boolean; installed: { folder: string } };
    expect(made).toMatchObject({ isNew: true, installed: { cuda: false, refusal: null } });
    expect(JSON.parse((await branchline(directory, ...arguments_)).stdout)).toEqual({ ...made, isNew: false });
    expect(readdirSync(join(directory, 'backends')).filter((name) => name.startsWith('.'))).toEqual([]);
    const removed = await branchline(directory, 'backend', 'remove', 'tensorflow', '--dir', directory);
    expect(removed.stdout).toContain(made.installed.folder);
    expect(readdirSync(join(directory, 'backends'))).toEqual(['install.log']);
  }, 600_000);
});

describe.runIf(present !== undefined)('an installed backend', () => {
  it('is listed, works in a separate process, and is not built again', async () => {
    const directory = folder();
    const ls = await branchline(directory, 'backend', 'ls', '--json');
    expect(ls.stdout).toContain(JSON.stringify(present!.folder));
    const check = await branchline(directory, 'backend', 'check', present!.folder);
    expect(check.code, check.stderr).toBe(0);
    expect(JSON.parse(check.stdout)).toMatchObject({ tensorflow: present!.tensorflow });
    const again = await branchline(directory, 'backend', 'install', 'tensorflow', '--no-gpu', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ isNew: false });
  });
});
