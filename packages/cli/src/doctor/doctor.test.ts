import type { EngineAttempt } from '@branchline/trainer-tfjs';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../ui/style.js';
import { type EngineFinding, toFinding } from './engines.js';
import { nameCard, parseNvidiaInformation, parseNvidiaSmi, parseVulkanSummary } from './gpus.js';
import { compareRates, measureEngines, stepsFor, warnOf } from './measure.js';
import { runProbe } from './probe.js';
import { explainAuto, type Report } from './report.js';
import { reportText } from './text.js';

const finding = (name: string, rest: Partial<EngineFinding> = {}): EngineFinding => ({
  name,
  options: { engine: 'jit' },
  works: true,
  description: `${name} 1.0`,
  device: 'cpu: x',
  deterministic: true,
  refusal: null,
  remedy: null,
  auto: false,
  passedOver: null,
  ...rest,
});

describe('devices', () => {
  it('are read from nvidia-smi, also without the memory size', () => {
    const output = 'NVIDIA H200, 143771, 570.86.15\nNVIDIA GB10, [N/A], 580.95\n';
    expect(parseNvidiaSmi(output)).toEqual([
      { name: 'NVIDIA H200', memoryBytes: 143771 * 2 ** 20, driver: '570.86.15' },
      { name: 'NVIDIA GB10', memoryBytes: null, driver: '580.95' },
    ]);
    expect(parseNvidiaSmi('\n')).toEqual([]);
  });

  it('are read from the files of the kernel', () => {
    const text = 'Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 116\n';
    expect(parseNvidiaInformation(text).name).toBe('NVIDIA A100-SXM4-40GB');
    expect(nameCard('0x1002\n', '0x744c\n')?.name).toBe('AMD (PCI device 0x744c)');
    // The console of a virtual machine.
    expect(nameCard('0x1af4\n', '0x1050\n')).toBeUndefined();
  });

  it('of Vulkan are distinguished from software renderers', () => {
    const block = (index: number, type: string, name: string) =>
      `GPU${index}:\n\tapiVersion         = 1.3.230\n\tdeviceType         = ${type}\n\tdeviceName         = ${name}\n`;
    const output = `Devices:\n========\n${block(0, 'PHYSICAL_DEVICE_TYPE_DISCRETE_GPU', 'NVIDIA H200')}${block(1, 'PHYSICAL_DEVICE_TYPE_CPU', 'llvmpipe (LLVM 15.0.6, 256 bits)')}`;
    expect(parseVulkanSummary(output)).toEqual([
      { name: 'NVIDIA H200', software: false },
      { name: 'llvmpipe (LLVM 15.0.6, 256 bits)', software: true },
    ]);
    expect(parseVulkanSummary('Devices:\n========\n')).toEqual([]);
  });

  it('a missing or failing program is reported in one line', async () => {
    expect(await runProbe('no-such-program-here')).toEqual({ silence: 'no-such-program-here is not on PATH' });
    const script = "console.error('first');console.error('second');process.exit(3)";
    expect(await runProbe(process.execPath, '-e', script)).toEqual({ silence: `${process.execPath} failed: first` });
  });
});

describe('engines', () => {
  const engine = { description: 'd', device: 'cpu: x', deterministic: true, numerics: 'n' } as EngineAttempt['engine'];
  const loaded: EngineAttempt = { name: 'b', options: { engine: 'jit' }, engine: engine! };

  it('refused, passed over, chosen', () => {
    const refused: EngineAttempt = { name: 'a', options: {}, refusal: 'not here', remedy: 'add it' };
    expect(toFinding(refused, undefined, loaded)).toMatchObject({
      works: false,
      refusal: 'not here',
      remedy: 'add it',
    });
    expect(toFinding(loaded, undefined, loaded)).toMatchObject({ works: true, auto: true, passedOver: null });
    const later = { ...loaded, name: 'c' };
    expect(toFinding(later, undefined, loaded)).toMatchObject({ auto: false, passedOver: 'b comes first' });
    const slow = { ...later, passedOver: 'slow' };
    expect(toFinding(slow, undefined, loaded).passedOver).toBe('slow');
  });

  it('that load but cannot train do not work, and auto is marked as failing', () => {
    const found = toFinding(loaded, 'no such operator', loaded);
    expect(found).toMatchObject({ works: false, auto: true });
    expect(found.refusal).toContain('cannot train: no such operator');
    expect(found.remedy).toContain('Name another engine');
  });

  it('the choice of auto is explained by the engines before it', () => {
    const [a, b, c] = [finding('a', { works: false }), finding('b'), finding('c', { auto: true })];
    expect(explainAuto([a, b, c])).toEqual({
      engine: 'c',
      why: 'it is the first that fits: a does not work here, b is passed over',
    });
    expect(explainAuto([c])!.why).toContain('first that auto tries');
    expect(explainAuto([a, b])).toBeNull();
  });
});

describe('speed', () => {
  it('a round takes about the same time for every engine, at least one step', () => {
    expect([10, 0.4, 0.1, 0.003, 1e-6].map(stepsFor)).toEqual([1, 1, 4, 133, 200]);
  });

  it('is compared by round, so that load affects both engines', () => {
    // The machine was half as fast in the second round.
    const rates = [
      { name: 'slow', tokensPerSecond: [10, 5, 10] },
      { name: 'auto', tokensPerSecond: [40, 20, 40] },
      { name: 'fast', tokensPerSecond: [80, 40, 80] },
    ];
    const speeds = compareRates(rates, 'auto');
    expect(speeds).toEqual([
      { name: 'fast', tokensPerSecond: 80, ofSlowest: 8, ofAuto: 2 },
      { name: 'auto', tokensPerSecond: 40, ofSlowest: 4, ofAuto: 1 },
      { name: 'slow', tokensPerSecond: 10, ofSlowest: 1, ofAuto: 0.25 },
    ]);
    expect(warnOf(speeds, 'auto')).toContain('auto takes auto, but fast was 2.0 times as fast');
    expect(warnOf(compareRates(rates, 'fast'), 'fast')).toBeNull();
    expect(compareRates(rates, undefined)[0]!.ofAuto).toBeNull();
    expect(compareRates([], 'auto')).toEqual([]);
  });

  it('is measured, and an engine that fails is skipped with a reason', async () => {
    const options = { engine: 'jit', threads: 1 } as const;
    const broken = finding('broken', { options: { engine: 'jit', backend: 'wasm' } });
    const refused = finding('refused', { works: false });
    const told: string[] = [];
    const found = await measureEngines([finding('jit', { options, auto: true }), broken, refused], (what) =>
      told.push(what),
    );
    expect(found.speeds).toEqual([
      { name: 'jit', tokensPerSecond: expect.any(Number) as number, ofSlowest: 1, ofAuto: 1 },
    ]);
    expect(found.speeds[0]!.tokensPerSecond).toBeGreaterThan(0);
    expect(found.left.map(({ name }) => name)).toEqual(['broken']);
    expect(found.warning).toBeNull();
    expect(told).toEqual([
      'warming up jit',
      'warming up broken',
      ...[1, 2, 3].map((n) => `measuring, round ${n} of 3`),
    ]);
  });
});

describe('the text', () => {
  const report: Report = {
    branchline: '0.1.0',
    machine: {
      platform: 'linux x64',
      processor: 'A processor',
      instructionSet: 'x64 avx',
      threads: 1,
      memoryBytes: 2 ** 33,
      freeMemoryBytes: 2 ** 32,
      node: '20.20.2',
    },
    gpus: { found: [{ name: 'NVIDIA H200', memoryBytes: 2 ** 37, driver: '570' }], silence: null },
    vulkan: { found: [], silence: 'vulkaninfo is not on PATH' },
    packages: [{ name: 'onnxruntime-node', version: '1.30.0', use: 'jit', optional: false }],
    onnxRuntimeProviders: { bundled: ['cpu', 'webgpu'], others: ['cuda'], silence: null },
    python: null,
    torch: { works: false, description: null, device: null, refusal: 'python3 was not found', remedy: 'add it' },
    olmoCore: { works: false, description: null, device: null, refusal: 'python3 was not found', remedy: 'add it' },
    engines: [
      finding('gpu', { works: false, refusal: 'not \u001b[2J here', remedy: 'add gpu' }),
      finding('jit', { auto: true }),
      finding('wasm', { passedOver: 'jit comes first' }),
    ],
    auto: { engine: 'jit', why: 'it is the first that fits' },
    missing: [{ what: 'gpu', remedy: 'add gpu' }],
    measured: {
      ...{ parameters: 246_000, tokensPerStep: 1024, rounds: 3 },
      speeds: [
        { name: 'wasm', tokensPerSecond: 2000, ofSlowest: 2, ofAuto: 2 },
        { name: 'jit', tokensPerSecond: 1000, ofSlowest: 1, ofAuto: 1 },
      ],
      left: [{ name: 'cpu', reason: 'one step takes 9 s' }],
      warning: 'auto takes jit, but wasm was 2.0 times as fast',
    },
  };

  it('has everything that was found, and escapes texts of drivers', () => {
    const text = reportText(report, styleFor({ isTTY: false } as NodeJS.WriteStream));
    for (const part of [
      'A processor, 1 thread\n',
      '8.0 GiB, 4.0 GiB of it free',
      'NVIDIA H200, 128.0 GiB, driver 570',
      'none seen: vulkaninfo is not on PATH',
      'cpu, webgpu; with libraries of their own: cuda',
      'not \\u001b[2J here',
      'works, taken by auto',
      'not taken by auto: jit comes first',
      "trainer: tfjs({ engine: 'jit' })",
      'cpu was left out: one step takes 9 s',
      'warning: auto takes jit',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/gpu +add gpu/);
    expect(text).toMatch(/wasm +2\.00k +2x +2x/);
  });

  it('says so when nothing works', () => {
    const none = { ...report, engines: [finding('jit', { works: false, refusal: 'x' })], auto: null, measured: null };
    expect(reportText(none, styleFor({ isTTY: false } as NodeJS.WriteStream))).toContain('No engine works here');
  });
});
