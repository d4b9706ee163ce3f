/** Errors of a worker, of its environment and of its input. Some parts need PyTorch. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BranchlineError, type CheckpointReader } from '@branchline/core';
import { syntheticData } from '@branchline/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { contextOf, create, refusal, steps, tiny, train } from '../test/fixtures.js';
import { leftOf } from '../test/processes.js';
import { torch } from './define.js';
import { findEnvironment } from './environment.js';
import { torchTrainerOptions } from './options.js';
import type { TorchTrainer } from './trainer.js';
import { choosePython } from './worker/start.js';

const base = mkdtempSync(join(tmpdir(), 'branchline-torch-test-'));
afterAll(() => rmSync(base, { recursive: true }));

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** The message and remedy of the error of a call. */
async function problemOf(call: Promise<unknown>): Promise<{ message: string; remedy: string; code: string }> {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(BranchlineError);
  const { problems, code } = error as BranchlineError;
  return { message: problems[0]!.message, remedy: problems[0]!.remedy ?? '', code };
}

/** An executable shell script. */
function program(name: string, script: string): string {
  const path = join(base, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('options', () => {
  it('are validated, all at once', () => {
    const wrong = torchTrainerOptions.safeParse({
      ...{ precision: 'float16', microBatch: 0, processes: 100, threads: 1.5, fast: true },
    });
    expect(wrong.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      `precision: 'float16' is not "float32" or "bfloat16"`,
      'microBatch: 0 is not a whole number above 0',
      'processes: 100 is not a whole number from 1 to 64',
      'threads: 1.5 is not a whole number above 0',
      ': Unrecognized key: "fast"',
    ]);
  });
});

describe.runIf(process.platform === 'linux')('a Python that cannot be used', () => {
  const made = (python: string) => torch({ python }).create(contextOf(tiny));

  it('is named with a remedy before anything is trained', async () => {
    const missing = await problemOf(made('/no/such/python'));
    expect(missing.code).toBe('trainer');
    expect(missing.message).toContain('/no/such/python was not found');
    expect(missing.remedy).toContain('npx branchline backend install torch');
    const broken = await problemOf(made(program('broken', 'echo "no module" >&2; exit 1')));
    expect(broken.message).toMatch(/the worker ended with exit code 1 during hello\nno module/);
    const chatty = await problemOf(made(program('chatty', 'echo "Hello, I am a Python, and I like to talk a lot"')));
    expect(chatty.message).toContain('something other than messages');
  });

  it('is the named one, else that of the environment, else the one on the PATH', () => {
    process.env.BRANCHLINE_HOME = join(base, 'home');
    expect(choosePython()).toBe('python3');
    expect(choosePython('python3.12')).toBe('python3.12');
    expect(choosePython('./python')).toBe(join(process.cwd(), 'python'));
    expect(findEnvironment()).toBeUndefined();
  });

  it('does not answer forever', async () => {
    const slow = await problemOf(
      torch({ python: program('slow', 'exec sleep 60'), timeout: 1 }).create(contextOf(tiny)),
    );
    expect(slow.message).toContain('gave no sign for 1 s in hello');
  });
});

describe.skipIf(refusal !== undefined || process.platform !== 'linux')('with PyTorch', { timeout: 120_000 }, () => {
  const made: TorchTrainer[] = [];
  const make = async (...args: Parameters<typeof create>) => {
    const trainer = await create(...args);
    made.push(trainer);
    return trainer;
  };
  afterEach(async () => {
    for (const trainer of made.splice(0)) await trainer.dispose();
  });

  it('a killed worker is an error, and the next state gets a new one', async () => {
    const trainer = await make();
    const state = await trainer.initialize(1);
    const pid = await trainer.workerId();
    process.kill(pid, 'SIGKILL');
    const killed = await problemOf(train(trainer, state, steps(1, 2)));
    expect(killed.message).toContain('the worker was killed by SIGKILL');
    expect(killed.remedy).toContain('microBatch');
    expect((await problemOf(trainer.evaluate(state, { digest: '', parts: [] }))).message).toContain('SIGKILL');
    const other = await trainer.initialize(1);
    expect(await trainer.workerId()).not.toBe(pid);
    expect(await train(trainer, other, steps(1, 2))).toHaveLength(1);
  });

  it('a worker that hangs is stopped', async () => {
    const trainer = await make({ timeout: 2 });
    const state = await trainer.initialize(1);
    const pid = await trainer.workerId();
    process.kill(pid, 'SIGSTOP');
    const hanging = await problemOf(train(trainer, state, steps(1, 2)));
    expect(hanging.message).toMatch(/gave no sign for 2 s in (step|add_files)/);
    expect(hanging.remedy).toContain('timeout');
    expect(await leftOf([pid])).toEqual([]);
  });

  it('divergence names step and rate', async () => {
    const trainer = await make();
    const state = await trainer.initialize(1);
    const wild = { ...steps(3, 2), lr: Float64Array.of(1e38, 0.5, 0.5) };
    const diverged = await problemOf(train(trainer, state, wild));
    expect(diverged.message).toMatch(/the model diverged: step 2 at learning rate 0\.5 gave loss nan/);
    expect(diverged.remedy).toContain('lr.peak');
    expect(state.step).toBe(1);
  });

  it('a device that is not there, and a vocabulary that does not fit, are refused', async () => {
    if (refusal === undefined) {
      const absent = await problemOf(create({ device: 'mps' }));
      expect(absent.message).toContain("device 'mps' cannot be used");
    }
    const data = syntheticData({ context: 8, vocabulary: 40 });
    const unfit = await problemOf(torch({}).create({ ...contextOf(tiny), data }));
    expect(unfit.message).toContain('a context of 8 and 19 tokens, the data a context of 8 and 40 tokens');
  });

  it('a truncated checkpoint and one of another model are named with their file', async () => {
    const trainer = await make();
    const path = join(base, 'model.safetensors');
    const state = await trainer.initialize(1);
    await trainer.save(state, {
      write: async () => undefined,
      writeFile: async (group, write) => (group === 'weights' ? write(path) : undefined),
    });
    const reader: CheckpointReader = { key: 'k', groups: ['weights'], step: 0, read: async () => [], file: () => path };
    const wide = await make({}, { ...tiny, vocabulary: 23 });
    const other = await problemOf(wide.restore(reader));
    expect(other.message).toMatch(/model\.safetensors does not fit the model: .*\[19, 16\], not F32 \[23, 16\]/);
    expect(other.remedy).toContain('vocabulary');
    writeFileSync(path, readFileSync(path).subarray(0, 200));
    const truncated = await problemOf(trainer.restore(reader));
    expect(truncated.message).toMatch(/model\.safetensors is not a complete safetensors file/);
  });

  it('records requests for a replay, and leaves no file without it', async () => {
    const record = join(base, 'messages.jsonl');
    const trainer = await make({ record });
    const state = await trainer.initialize(1);
    await train(trainer, state, steps(2, 2));
    const methods = readFileSync(record, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { method: string; params: { weights?: string } }).method);
    expect(methods.slice(0, 5)).toEqual(['hello', 'open', 'restore', 'add_files', 'step']);
    expect(existsSync(`${record}.files`)).toBe(true);
  });

  it('sends batches of files by id, and reads them in the worker', async () => {
    const path = join(base, 'shard.bin');
    const context = contextOf(tiny);
    const length = tiny.context + 1;
    const tokens = context.data.read(Uint32Array.from({ length: 8 }, (_, id) => id));
    writeFileSync(path, Buffer.from(Uint16Array.from(tokens).buffer));
    const files = [{ path, offset: 2 * length * 3, first: 3, count: 5, width: 2 as const }];
    const read = () => {
      throw new Error('the trainer reads files itself');
    };
    const [own, plain] = [
      await torch({ device: 'cpu', threads: 1 }).create({ ...context, data: { ...context.data, read, files } }),
      await make(),
    ];
    const batch = { lr: Float64Array.of(0.01), sequences: [Uint32Array.of(3, 7, 5)] };
    const [one, two] = [await own.initialize(1), await plain.initialize(1)];
    expect(await train(own, one, batch)).toEqual(await train(plain, two, batch));
    await own.dispose();
  });
});
