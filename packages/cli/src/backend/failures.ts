/** Explains failed build steps to the user. */
import type { Problem } from '@branchline/core';
import type { Step } from './plan.js';

/** Lines of output in a message. */
const LINES = 12;

const NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|Max retries exceeded|name resolution/i;
const NO_WHEEL = /No matching distribution found for (\S+)/;
const NO_SPACE = /ENOSPC|No space left on device|disk quota exceeded/i;

/** A program that failed. */
export interface Ended {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Everything it printed. */
  readonly output: string;
  /** E.g. `exit code 1`, or the signal that ended it. */
  readonly how: string;
  /** Path of the full log. */
  readonly log: string;
}

/** Message and remedy for a failed step. */
export function describeFailure(step: Step['name'], { command, output, how, log }: Ended): Problem {
  const [program = ''] = command;
  const problem = (reason: string, remedy: string): Problem => ({
    message: `${reason}\n${lastLines(output)}`,
    remedy: `${remedy} All output: ${log}`,
  });
  if (how === 'ENOENT') {
    return { message: `${program} was not found`, remedy: `Install it so that it is on the PATH. All output: ${log}` };
  }
  if (NO_SPACE.test(output)) return problem('the disk is full', 'Make room, or choose another disk with --dir.');
  const wheel = NO_WHEEL.exec(output)?.[1];
  if (step === 'torch' && wheel !== undefined && !NETWORK.test(output)) {
    return problem(
      `pip finds no ${wheel} for this machine`,
      'Wheels need Python 3.10 or later and, on Linux, glibc. Check that pip reaches PyPI, or name another Python: --python <path>.',
    );
  }
  if (step === 'tensorflow' && wheel !== undefined && !NETWORK.test(output)) {
    return problem(
      `pip finds no ${wheel} for this machine`,
      'Wheels are made for Linux with glibc. Check that pip reaches PyPI, update pip, or name a Python that has TensorFlow: --python <path>.',
    );
  }
  if (step === 'venv') {
    return problem(
      `${program} cannot make a virtual environment`,
      'Install its module venv (Debian and Ubuntu: apt-get install python3-venv), or name another Python: --python <path>.',
    );
  }
  if (['fetch', 'tensorflow', 'torch', 'transformers', 'olmo-core'].includes(step) && NETWORK.test(output)) {
    const registry = step === 'fetch' ? 'the npm registry' : 'PyPI';
    return problem(`${registry} cannot be reached`, `Check network and proxy, and what ${program} is configured for.`);
  }
  if (step === 'check' && /SIGILL/.test(how)) {
    return problem(
      'a library uses instructions that this processor does not have',
      'Name a Python with a version that runs here: --python <path>.',
    );
  }
  const titles: Record<Step['name'], string> = {
    fetch: 'the sources could not be fetched',
    tensorflow: 'pip could not install TensorFlow',
    patch: 'the sources could not be patched',
    compile: 'the addon does not compile against this TensorFlow',
    check: 'it was installed, but does not work',
    venv: 'no virtual environment could be made',
    torch: 'pip could not install PyTorch',
    transformers: 'pip could not install transformers',
    'olmo-core': 'pip could not install OLMo-core',
  };
  return problem(`${titles[step]} (${program}: ${how})`, 'Nothing was installed.');
}

/** The last lines of a program's output. */
export function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-LINES).join('\n');
}
