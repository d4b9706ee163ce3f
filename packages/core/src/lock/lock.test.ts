/** Locks between real processes, also between played machines. Leases are short; no test waits longer than a lease. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryDirectory } from '../../test/fixtures.js';
import type { HoldOptions } from '../../test/hold-lock.js';
import { abandonLocks, lockDirectory, lockWith } from './lock.js';
import { thisProcess } from './machine.js';
import { loadSystemLocks, NO_SYSTEM_LOCKS } from './system-locks.js';

const HOLDER = fileURLToPath(new URL('../../test/hold-lock.ts', import.meta.url));
const OTHER_MACHINE = { host: thisProcess().host, boot: '00000000-0000-0000-0000-000000000000', pids: 'pid:[1]' };
const LEASE = 400;

/** A process that holds the lock. */
interface Holding {
  readonly child: ChildProcess;
  /** Asks it whether it may write; `without files`: while it can open no file. */
  mayWrite(how?: 'without files'): Promise<string>;
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a process that takes the lock, and waits until it has it. `wrapper` is a command that starts it. */
async function hold(directory: string, options: HoldOptions = {}, wrapper: readonly string[] = []): Promise<Holding> {
  const node = [process.execPath, '--conditions=@branchline/source', '--import', '@oxc-node/core/register'];
  const [command, ...args] = [...wrapper, ...node, HOLDER, directory, JSON.stringify(options)];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  expect(await line()).toBe('held');
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    mayWrite: (how: string = '?') => {
      child.stdin.write(`${how}\n`);
      return line();
    },
    end: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await ended;
    },
  };
}

/** Takes the lock; also returns the messages to the caller, and how long it took. */
async function take(directory: string, parts: Parameters<typeof lockWith>[2] = {}) {
  const told: string[] = [];
  const begin = performance.now();
  const lock = await lockWith(directory, { onWait: (message) => told.push(message) }, parts);
  return { lock, told, waited: performance.now() - begin };
}

test('a running holder is waited for, named, and never replaced', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory);
  const attempt = lockWith(directory, {}, { wait: 100, lease: 50 });
  await expect(attempt).rejects.toMatchObject({ code: 'locked' });
  await expect(attempt).rejects.toThrow(`process ${holder.child.pid} on ${thisProcess().host}, since 20`);
  expect(await holder.mayWrite()).toBe('ok');
  const next = take(directory);
  holder.child.stdin!.end();
  const { lock } = await next;
  lock.assertHeld();
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
});

test.each([
  ['with locks of the system', {}],
  ['without them', { withoutLocks: true }],
])('a killed holder on this machine is replaced at once, %s', async (_, options: HoldOptions) => {
  const directory = await temporaryDirectory();
  await (await hold(directory, options)).end();
  const { lock, told } = await take(directory, options.withoutLocks ? { systemLocks: NO_SYSTEM_LOCKS } : {});
  expect(told).toEqual([]);
  await lock.release();
});

test('a process that ends at once can free its locks for other machines', async () => {
  const directory = await temporaryDirectory();
  const lock = await lockWith(directory, {}, { machine: OTHER_MACHINE });
  abandonLocks();
  expect(await readdir(directory)).toEqual([]);
  await lock.release();
});

test('a holder killed on another machine is replaced after a lease without a sign, with a message', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory, { lease: LEASE, machine: OTHER_MACHINE, withoutLocks: true });
  await holder.end();
  const { lock, told, waited } = await take(directory, { lease: 1, wait: 1 });
  expect(told).toEqual([expect.stringContaining(`locked by process ${holder.child.pid} on ${OTHER_MACHINE.host}`)]);
  expect(told[0]).toContain('waiting at most 1 s for a sign');
  // The lease is that of the holder, not that of the caller.
  expect(waited).toBeGreaterThanOrEqual(LEASE);
  await lock.release();
});

test('a holder that runs on another machine is not replaced, with any clock', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory, { lease: LEASE, machine: OTHER_MACHINE, withoutLocks: true });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 });
  onTestFinished(() => void vi.useRealTimers());
  const [name] = await readdir(join(directory, '.lock'));
  await utimes(join(directory, '.lock'), 0, 0);
  await utimes(join(directory, '.lock', name!), 0, 0);
  await expect(lockWith(directory, {}, { wait: 2 * LEASE, systemLocks: NO_SYSTEM_LOCKS })).rejects.toThrow('is in use');
  expect(await holder.mayWrite()).toBe('ok');
});

test('a holder in another container has the same process id as another process here, and is not replaced', async () => {
  const directory = await temporaryDirectory();
  const container = { ...thisProcess(), pids: 'pid:[1]' };
  const holder = await hold(directory, { lease: LEASE, machine: container });
  for (const systemLocks of [await loadSystemLocks(), NO_SYSTEM_LOCKS]) {
    await expect(lockWith(directory, {}, { wait: 2 * LEASE, systemLocks })).rejects.toThrow('is in use');
  }
  expect(await holder.mayWrite()).toBe('ok');
});

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child'];
const canUnshare = spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
test.runIf(canUnshare)(
  'a holder in a real namespace of processes is not replaced, and if killed, at once',
  async () => {
    const directory = await temporaryDirectory();
    const holder = await hold(directory, {}, UNSHARE);
    await expect(lockWith(directory, {}, { wait: 50 })).rejects.toThrow('is in use by process 1 on');
    expect(await holder.mayWrite()).toBe('ok');
    await holder.end();
    // Its process ends together with that of unshare, a moment later.
    const { lock } = await take(directory);
    await lock.release();
  },
);

test('a holder that stood still for a lease loses the lock to another machine, and notices before it writes', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory, { lease: LEASE, machine: OTHER_MACHINE, withoutLocks: true });
  holder.child.kill('SIGSTOP');
  const { lock } = await take(directory, { lease: LEASE });
  holder.child.kill('SIGCONT');
  expect(await holder.mayWrite()).toBe('locked');
  lock.assertHeld();
  holder.child.stdin!.end();
  await new Promise((resolve) => holder.child.once('exit', resolve));
  lock.assertHeld();
  await lock.release();
});

test.runIf(process.platform !== 'win32')('an error of the file system is not a lost lock', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory, {}, ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh']);
  expect(await holder.mayWrite('without files')).toBe('store');
  expect(await holder.mayWrite()).toBe('ok');
  await rm(join(directory, '.lock'), { recursive: true });
  expect(await holder.mayWrite()).toBe('locked');
});

test('a holder that stands still on this machine is not replaced: the system knows that it lives', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory, { lease: 50 });
  holder.child.kill('SIGSTOP');
  for (const systemLocks of [await loadSystemLocks(), NO_SYSTEM_LOCKS]) {
    await expect(lockWith(directory, {}, { lease: 50, wait: 200, systemLocks })).rejects.toThrow('is in use');
  }
  holder.child.kill('SIGCONT');
  expect(await holder.mayWrite()).toBe('ok');
});

test('a lock that the file system keeps for another machine is not taken', async () => {
  const directory = await temporaryDirectory();
  const holder = await hold(directory, { lease: 50, machine: OTHER_MACHINE });
  holder.child.kill('SIGSTOP');
  await expect(lockWith(directory, {}, { lease: 50, wait: 50 })).rejects.toThrow('the file system still has its lock');
  await holder.end();
});

test('of many processes that find the lock of a dead process, one at a time has it', async () => {
  const directory = await temporaryDirectory();
  await (await hold(directory, { lease: LEASE, machine: OTHER_MACHINE, withoutLocks: true })).end();
  let holders = 0;
  const one = async () => {
    const { lock } = await take(directory, { lease: LEASE });
    expect(++holders).toBe(1);
    // Gives the others time to look.
    for (let turn = 0; turn < 100; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      lock.assertHeld();
    }
    holders--;
    await lock.release();
  };
  await Promise.all(Array.from({ length: 5 }, one));
});

test('a lock that was deleted or taken stops its holder at the next write', async () => {
  const directory = await temporaryDirectory();
  const { lock: first } = await take(directory);
  await rm(join(directory, '.lock'), { recursive: true });
  const { lock: second } = await take(directory);
  expect(() => first.assertHeld()).toThrow(/was lost/);
  await first.release();
  second.assertHeld();
  await second.release();
});

test('signs of life are written while the lock is held, and not after', async () => {
  const directory = await temporaryDirectory();
  const { lock } = await take(directory, { lease: 120 });
  const [name] = await readdir(join(directory, '.lock'));
  const content = () => readFile(join(directory, '.lock', name!), 'utf8');
  const before = await content();
  await vi.waitFor(async () => expect(await content()).not.toBe(before));
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
});

test.each([
  ['an empty folder', undefined, 0],
  ['a file of an older version', '{"pid":1,"host":"x","id":"x","digest":"x"}', LEASE],
  ['an unreadable file', '{"format":1,', LEASE],
])('a lock that is %s is taken over', async (_, content, least) => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, '.lock'));
  if (content !== undefined) await writeFile(join(directory, '.lock', 'owner.json'), content);
  const { lock, waited } = await take(directory, { lease: LEASE });
  expect(waited).toBeGreaterThanOrEqual(least);
  await lock.release();
});

test('waiting ends when the caller aborts', async () => {
  const directory = await temporaryDirectory();
  const { lock } = await take(directory);
  const controller = new AbortController();
  const attempt = lockDirectory(directory, { signal: controller.signal, onWait: () => controller.abort() });
  await expect(attempt).rejects.toMatchObject({ code: 'interrupted' });
  await lock.release();
});

test('a folder with files of others is reported, not deleted', async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, '.lock'));
  await writeFile(join(directory, '.lock', 'notes.txt'), 'mine');
  await expect(lockWith(directory, {}, { wait: 20 })).rejects.toThrow('files that do not belong there');
  expect(await readdir(join(directory, '.lock'))).toEqual(['notes.txt']);
});
