/**
 * Preloaded into a process under test (`node --import`). Every change of the file system and every training step is a
 * moment; faults are injected at the moments that `BRANCHLINE_FAULT` names (see injection.ts). The number of moments
 * and what was hit are written to the file named there.
 */
import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { register, syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const { report, injection } = JSON.parse(process.env.BRANCHLINE_FAULT);
const { writeFileSync } = fs;
const seen = { moments: 0, steps: 0, hit: [] };
const note = () => writeFileSync(report, JSON.stringify(seen));

/** Functions that change the file system, with the index of their data argument; -1: none. */
const WITHOUT_DATA = ['mkdir', 'rename', 'rm', 'rmdir', 'truncate', 'ftruncate', 'unlink', 'utimes', 'fsync', 'open'];
const CHANGES = new Map([
  ...WITHOUT_DATA.map((name) => [name, -1]),
  ...['write', 'writeFile', 'appendFile'].map((name) => [name, 1]),
]);
const OF_HANDLES = new Map([
  ...['sync', 'datasync', 'truncate'].map((name) => [name, -1]),
  ...['write', 'writeFile', 'appendFile'].map((name) => [name, 0]),
]);
const UNNAMED = `Unknown system error ${process.platform === 'linux' ? -122 : -69}`;
/** Errors as Node reports them. */
const FAILURES = {
  ENOSPC: { code: 'ENOSPC', errno: -28, text: 'no space left on device' },
  EDQUOT: { code: UNNAMED, errno: Number(/-\d+/.exec(UNNAMED)[0]), text: UNNAMED },
  EIO: { code: 'EIO', errno: -5, text: 'i/o error' },
};
/** Operations that succeed on a full disk. */
const NEEDS_NO_ROOM = new Set(['rm', 'rmdir', 'unlink', 'truncate', 'ftruncate', 'utimes']);

function signal(name) {
  note();
  process.kill(process.pid, name);
}

/** Counts a moment. Returns undefined, or the fault: `half` of the data is written, then `strike` is called. */
function moment(name, where) {
  seen.moments++;
  const { kind, at, half } = injection;
  if (kind === 'signal') {
    if (!at.includes(seen.moments)) return undefined;
    seen.hit.push(`${name} ${where}`.trim());
    // If the process continues, it writes the rest itself.
    return { half: half && injection.signal === 'SIGKILL', strike: () => signal(injection.signal) };
  }
  if (kind === 'failure') {
    const due = injection.lasts ? seen.moments >= at : seen.moments >= at && seen.hit.length === 0;
    if (!due || name === 'step' || (injection.code !== 'EIO' && NEEDS_NO_ROOM.has(name))) return undefined;
    if (seen.hit.length < 10) seen.hit.push(`${name} ${where}`.trim());
    const strike = () => {
      note();
      const { code, errno, text } = FAILURES[injection.code];
      throw Object.assign(new Error(`${code}: ${text}, ${name}${where && ` '${where}'`}`), {
        ...{ code, errno, syscall: name },
        ...(where && { path: where }),
      });
    };
    return { half, strike };
  }
  if (kind === 'machine' && seen.moments === at) {
    seen.hit.push(`${name} ${where}`.trim());
    return { half: false, strike: () => signal(injection.signal) };
  }
  if (kind === 'clock' && seen.moments === at) {
    seen.hit.push(`${name} ${where}`.trim());
    clock.back = injection.back;
  }
  return undefined;
}

const plain = (name) => name.replace(/Sync$/, '');
const isWriting = (name, args) => name !== 'open' || /[wa+]/.test(String(args[1] ?? 'r'));
const placeOf = (args) =>
  typeof args[0] === 'string' ? args[0] : args[0] instanceof URL ? fileURLToPath(args[0]) : '';

/** The arguments with only the first half of the data; undefined if there are no data. */
function halved(args, index) {
  if (index < 0 || args[index] === undefined) return undefined;
  const data = typeof args[index] === 'string' ? Buffer.from(args[index]) : args[index];
  const from = typeof args[index + 1] === 'number' ? args[index + 1] : 0;
  const length = typeof args[index + 2] === 'number' ? args[index + 2] : data.byteLength - from;
  const part = data.subarray(from, from + Math.floor(length / 2));
  const position = args[index + 3];
  const rest = typeof args[index + 1] === 'number' ? [0, part.byteLength, position] : args.slice(index + 1);
  return [...args.slice(0, index), part, ...rest];
}

function disturbSync(owner, name, index) {
  const original = owner[name];
  owner[name] = function (...args) {
    const now = isWriting(plain(name), args) ? moment(plain(name), placeOf(args)) : undefined;
    const part = now?.half ? halved(args, index) : undefined;
    if (part) original.apply(this, part);
    now?.strike();
    return original.apply(this, args);
  };
}

function disturbAsync(owner, name, index) {
  const original = owner[name];
  owner[name] = async function (...args) {
    const now = isWriting(name, args) ? moment(name, placeOf(args)) : undefined;
    const part = now?.half ? halved(args, index) : undefined;
    if (part) await original.apply(this, part);
    now?.strike();
    return original.apply(this, args);
  };
}

function disturbCallback(owner, name) {
  const original = owner[name];
  owner[name] = function (...args) {
    const now = isWriting(name, args) ? moment(name, placeOf(args)) : undefined;
    try {
      now?.strike();
    } catch (error) {
      process.nextTick(args.at(-1), error);
      return undefined;
    }
    return original.apply(this, args);
  };
}

async function disturbFiles() {
  const handle = await promises.open(fileURLToPath(import.meta.url));
  const handles = Object.getPrototypeOf(handle);
  await handle.close();
  for (const [name, index] of OF_HANDLES) disturbAsync(handles, name, index);
  for (const [name, index] of CHANGES) {
    if (promises[name]) disturbAsync(promises, name, index);
    disturbSync(fs, `${name}Sync`, index);
    disturbCallback(fs, name);
  }
  syncBuiltinESMExports();
}

const clock = { back: 0 };

/** Sets the clock back by `clock.back`. Timers use another clock. */
function disturbClock() {
  const RealDate = Date;
  const now = () => RealDate.now() - clock.back;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as),
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
  // A lock is renewed every ten seconds, but these runs take two.
  const { setTimeout } = globalThis;
  globalThis.setTimeout = Object.assign(
    (work, delay, ...args) => setTimeout(work, delay >= 5000 ? delay / 100 : delay, ...args),
    setTimeout,
  );
}

/** How much faster time passes for the lease of a lock. */
const SPEED = 20;

/** Plays another machine: what the lock asks the system is answered for that machine. */
function playMachine({ name, skew }) {
  clock.back = -skew;
  os.hostname = () => name;
  const { readFileSync, readlinkSync } = fs;
  fs.readFileSync = (path, ...rest) =>
    path === '/proc/sys/kernel/random/boot_id' ? `boot of ${name}\n` : readFileSync(path, ...rest);
  fs.readlinkSync = (path, ...rest) =>
    path === '/proc/self/ns/pid' ? `pid namespace of ${name}` : readlinkSync(path, ...rest);
  const { setTimeout, performance } = globalThis;
  const now = performance.now.bind(performance);
  performance.now = () => now() * SPEED;
  globalThis.setTimeout = Object.assign((work, delay, ...args) => setTimeout(work, delay / SPEED, ...args), setTimeout);
}

/** Called at the end of the trainer's module, by code that preload-hooks.mjs adds. */
globalThis[Symbol.for('branchline.faults')] = (Trainer) => {
  const { train } = Trainer.prototype;
  Trainer.prototype.train = async function* (state, steps) {
    const inner = train.call(this, state, steps);
    try {
      for (let index = 0; ; index++) {
        const isStep = index < steps.lr.length;
        if (isStep) {
          seen.steps++;
          moment('step', '')?.strike();
        }
        const now = isStep && injection.kind === 'nan' && seen.steps === injection.at;
        if (now) seen.hit.push(`step ${seen.steps}`);
        if (now && injection.how === 'weights') state.weights.fill(Number.NaN);
        const { done, value } = await inner.next();
        if (done) return;
        yield now ? { ...value, loss: Number.NaN } : value;
      }
    } finally {
      await inner.return();
    }
  };
};

if (isMainThread) {
  register('./preload-hooks.mjs', {
    parentURL: import.meta.url,
    data: { localLocks: injection.sharedLocks === false },
  });
  if (injection.kind === 'clock' || injection.kind === 'machine') disturbClock();
  if (injection.kind === 'machine') playMachine(injection);
  await disturbFiles();
  process.on('exit', note);
}
