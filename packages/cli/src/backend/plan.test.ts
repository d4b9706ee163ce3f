import { describe, expect, it } from 'vitest';
import { type Circumstances, planSteps, tarballOf } from './plan.js';
import type { TensorflowSource } from './python.js';

const python = { executable: '/usr/bin/python3', version: '3.12.1', pip: true, tensorflow: null };

const circumstances = (source: Partial<TensorflowSource> = {}): Circumstances => ({
  ...{ folder: '/b', tfjs: '4.22.0', arch: 'x64', compiler: 'g++', check: ['node', 'check'] },
  source: { python, cuda: false, ...source },
  libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
});

const commandOf = (name: string, given: Circumstances) =>
  planSteps(given)
    .find((step) => step.name === name)!
    .commands.map((words) => words.join(' '));

describe('planSteps', () => {
  it('builds against a TensorFlow from pip, with a relative path that survives moving the folder', () => {
    const given = circumstances();
    expect(planSteps(given).map(({ name }) => name)).toEqual(['fetch', 'tensorflow', 'patch', 'compile', 'check']);
    expect(commandOf('tensorflow', given)).toEqual([
      '/usr/bin/python3 -m pip install --target /b/python --no-input --progress-bar off ' +
        '--no-compile --only-binary :all: --python-version 3.12 --no-deps tensorflow-cpu',
    ]);
    expect(commandOf('compile', given)).toEqual([
      'g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I/b/node-api-headers/include -I/b/python/tensorflow/include ' +
        '/b/node_modules/@tensorflow/tfjs-node/binding/tfjs_backend.cc ' +
        '/b/node_modules/@tensorflow/tfjs-node/binding/tfjs_binding.cc ' +
        '/b/python/tensorflow/libtensorflow_cc.so.2 /b/python/tensorflow/libtensorflow_framework.so.2 ' +
        '-Wl,-rpath,$ORIGIN/python/tensorflow -o /b/tfjs_binding.node',
    ]);
    expect(commandOf('check', given)).toEqual(['node check /b']);
  });

  it('links to an installed TensorFlow and does not use pip', () => {
    const given = circumstances({ folder: '/site/tensorflow' });
    expect(planSteps(given).map(({ name }) => name)).not.toContain('tensorflow');
    const [compile] = commandOf('compile', given);
    expect(compile).toContain('-I/site/tensorflow/include');
    expect(compile).toContain('-Wl,-rpath,/site/tensorflow ');
    expect(compile).not.toContain('/b/python');
  });

  it('fetches only from the npm registry, and runs no script', () => {
    const [pack, ...unpack] = commandOf('fetch', circumstances());
    expect(pack).toBe(
      'npm pack --loglevel=error --ignore-scripts --pack-destination /b ' +
        '@tensorflow/tfjs-node@4.22.0 google-protobuf@3.21.4 node-api-headers@1.9.0',
    );
    expect(unpack[0]).toBe(
      'tar -xzf /b/tensorflow-tfjs-node-4.22.0.tgz -C /b/node_modules/@tensorflow/tfjs-node --strip-components=1',
    );
    expect(unpack).toHaveLength(3);
    const words = planSteps(circumstances({ cuda: true })).flatMap(({ commands }) => commands.flat());
    expect(words.filter((word) => word.includes('://'))).toEqual([]);
    expect(words).toContain('tensorflow[and-cuda]');
  });
});

describe('tarballOf', () => {
  it('names a file as npm pack does', () => {
    expect(tarballOf({ name: '@scope/one', version: '1.2.3-rc.1' })).toBe('scope-one-1.2.3-rc.1.tgz');
    expect(tarballOf({ name: 'one', version: '1.0.0' })).toBe('one-1.0.0.tgz');
  });
});
