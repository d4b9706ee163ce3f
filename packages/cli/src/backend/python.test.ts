import { describe, expect, it } from 'vitest';
import { chooseTensorflow, type Python, parsePython, type Wish, wheelsFor } from './python.js';

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const wish = (change: Partial<Wish> = {}): Wish => ({ gpu: 'no', arch: 'x64', libraries, ...change });

const python = (change: Partial<Python> = {}): Python => ({
  ...{ executable: '/usr/bin/python3', version: '3.12.1', pip: true, tensorflow: null },
  ...change,
});

const tensorflow = (change: Partial<NonNullable<Python['tensorflow']>> = {}): Python['tensorflow'] => ({
  ...{ folder: '/site/tensorflow', version: '2.21.0', cuda: false, files: [...libraries, 'python'], headers: true },
  ...change,
});

/** Message and remedy of the error that the choice throws. */
function refusal(pythons: readonly Python[], change: Partial<Wish> = {}): string {
  try {
    chooseTensorflow(pythons, wish(change));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('parsePython', () => {
  it('reads the last line, and ignores earlier output', () => {
    const found = python({ tensorflow: tensorflow({ version: null }) });
    expect(parsePython(`a warning of some module\n${JSON.stringify(found)}\n`)).toEqual(found);
  });

  it.each([[''], ['Python 2.7.18\n'], ['{"executable": 1}'], ['pyenv: python3: command not found']])(
    'takes %j for no Python',
    (output) => {
      expect(parsePython(output)).toBeUndefined();
    },
  );
});

describe('chooseTensorflow', () => {
  it('takes the first installed TensorFlow, not the first Python', () => {
    const own = python({ executable: '/env/bin/python', tensorflow: tensorflow() });
    expect(chooseTensorflow([python(), own], wish())).toEqual({ python: own, cuda: false, folder: '/site/tensorflow' });
  });

  it('lets pip install one if none is usable', () => {
    for (const flaw of [{ files: ['python'] }, { headers: false }]) {
      const first = python({ tensorflow: tensorflow(flaw) });
      expect(chooseTensorflow([first], wish())).toEqual({ python: first, cuda: false });
    }
    const second = python({ executable: '/usr/bin/python' });
    expect(chooseTensorflow([python({ pip: false }), second], wish())).toEqual({ python: second, cuda: false });
  });

  it('skips a TensorFlow without CUDA if there is a GPU, unless its Python was named', () => {
    const own = python({ tensorflow: tensorflow() });
    expect(chooseTensorflow([own], wish({ gpu: 'seen' }))).toEqual({ python: own, cuda: true });
    expect(chooseTensorflow([own], wish({ gpu: 'seen', python: 'python3' })).folder).toBe('/site/tensorflow');
    const cuda = python({ tensorflow: tensorflow({ cuda: true }) });
    expect(chooseTensorflow([own, cuda], wish({ gpu: 'asked' }))).toEqual({
      ...{ python: cuda, cuda: true, folder: '/site/tensorflow' },
    });
  });

  it('reports what is missing, with a remedy', () => {
    expect(refusal([])).toMatch(/^no Python was found \(python3, python\)\n +.*install python3 with pip.*--python/);
    expect(refusal([], { python: './py' })).toMatch(/^\.\/py is not a working Python\n/);
    expect(refusal([python({ pip: false })])).toMatch(/\/usr\/bin\/python3\) has neither .* nor pip\n +Install pip/);
    expect(refusal([python({ tensorflow: tensorflow({ files: [] }) })], { python: 'p' })).toMatch(
      /^the TensorFlow 2\.21\.0 of \/usr\/bin\/python3 has no libtensorflow_cc\.so\.2: \/site\/tensorflow\n +\S/,
    );
    expect(refusal([python({ tensorflow: tensorflow({ headers: false }) })], { python: 'p' })).toContain('no headers');
    expect(refusal([python({ tensorflow: tensorflow() })], { python: 'p', gpu: 'asked' })).toContain('without CUDA');
    expect(refusal([python()], { gpu: 'asked', arch: 'arm64' })).toMatch(/no TensorFlow with CUDA .* arm64\n +\S/);
  });
});

describe('wheelsFor', () => {
  it('names packages that have wheels', () => {
    expect(wheelsFor({ python: python(), cuda: true }, 'x64')).toEqual(['tensorflow[and-cuda]']);
    expect(wheelsFor({ python: python(), cuda: false }, 'x64')).toEqual(['--no-deps', 'tensorflow-cpu']);
    expect(wheelsFor({ python: python(), cuda: false }, 'arm64')).toEqual(['--no-deps', 'tensorflow']);
  });
});
