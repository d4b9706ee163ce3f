import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BackendRecord,
  backendsFolder,
  installedBackends,
  PLATFORM,
  RECORD_FILE,
  TENSORFLOW_LIBRARIES,
  TFJS_VERSION,
} from './installed-backend.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'branchline-backends-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Creates a backend as an installation on this machine would, with some fields changed. */
function put(name: string, change: Partial<BackendRecord> = {}, libraries: readonly string[] = TENSORFLOW_LIBRARIES) {
  const record = {
    ...{ format: 1, backend: 'tensorflow', tfjs: TFJS_VERSION, tensorflow: '2.21.0', cuda: false, napi: 8 },
    ...{ platform: PLATFORM, libraries: 'lib', ...change },
  };
  mkdirSync(join(folder, name, 'lib'), { recursive: true });
  for (const library of libraries) writeFileSync(join(folder, name, 'lib', library), '');
  writeFileSync(join(folder, name, RECORD_FILE), JSON.stringify(record));
}

describe('backendsFolder', () => {
  it('is where the user says, else in the data folder of the system', () => {
    expect(backendsFolder({ BRANCHLINE_HOME: '/home/of/branchline', XDG_DATA_HOME: '/data' })).toBe(
      '/home/of/branchline/backends',
    );
    expect(backendsFolder({ XDG_DATA_HOME: '/data' })).toBe('/data/branchline/backends');
    const usual = join(homedir(), '.local', 'share', 'branchline', 'backends');
    expect(backendsFolder({})).toBe(usual);
    expect(backendsFolder({ XDG_DATA_HOME: 'relative' })).toBe(usual);
  });
});

describe('installedBackends', () => {
  it('lists usable ones first, then those for GPUs, then newer ones', () => {
    put('a', { tensorflow: '2.9.1' });
    put('b', { tensorflow: '2.21.0' });
    put('c', { cuda: true, tensorflow: '2.20.0' });
    put('d', { cuda: true, tensorflow: '2.22.0' }, []);
    const found = installedBackends(folder);
    expect(found.map((backend) => backend.folder.slice(-1))).toEqual(['c', 'b', 'a', 'd']);
    expect(found[0]).toMatchObject({ cuda: true, libraries: join(folder, 'c', 'lib') });
    expect(found[0]).not.toHaveProperty('refusal');
  });

  it('says why one cannot be used', () => {
    put('a', { platform: 'sunos-ppc' });
    put('b', { tfjs: '1.0.0' });
    put('c', { napi: 99 });
    put('d', {}, TENSORFLOW_LIBRARIES.slice(0, 1));
    expect(installedBackends(folder).map(({ refusal }) => refusal)).toEqual([
      `it was built for sunos-ppc, and this is ${PLATFORM}`,
      `it was built for TensorFlow.js 1.0.0, and this is ${TFJS_VERSION}`,
      `it needs Node-API 99, and Node ${process.version} has ${process.versions.napi}`,
      `libtensorflow_framework.so.2 is no longer in ${join(folder, 'd', 'lib')}`,
    ]);
  });

  it('ignores other files, and backends that are being built', () => {
    put('.building-1');
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'broken'));
    writeFileSync(join(folder, 'broken', RECORD_FILE), '{');
    writeFileSync(join(folder, 'install.log'), '');
    expect(installedBackends(folder)).toEqual([]);
    expect(installedBackends(join(folder, 'nowhere'))).toEqual([]);
  });
});
