/** What identifies a process across machines and containers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The machine and container of a process. */
export interface Machine {
  /** For messages only: containers and machines can share a host name. */
  readonly host: string;
  /** A random id that a system kernel draws when it starts; containers share it. Absent where there is none. */
  readonly boot?: string;
  /** The namespace of process ids. Absent where the system has no such namespaces. */
  readonly pids?: string;
}

/** A process on a machine. */
export interface ProcessOnMachine extends Machine {
  readonly pid: number;
  /** When it started, in units of the system: distinguishes processes that got the same id. Absent if unknown. */
  readonly started?: string;
}

/** This process. */
export function thisProcess(): ProcessOnMachine {
  const boot = bootId();
  const pids = attempt(() => readlinkSync('/proc/self/ns/pid'));
  const started = startOf(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    ...(boot !== undefined && { boot }),
    ...(pids !== undefined && { pids }),
    ...(started !== undefined && { started }),
  };
}

/**
 * Whether a process that was recorded on a machine still runs; undefined if that cannot be known from here: it has
 * another system kernel, or its id belongs to another namespace.
 */
export function isRunning(other: ProcessOnMachine, here: Machine): boolean | undefined {
  if (other.boot === undefined || other.boot !== here.boot || other.pids !== here.pids) return undefined;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(other.pid);
  return started === undefined || other.started === undefined || started === other.started;
}

function bootId(): string | undefined {
  if (process.platform === 'linux') {
    return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) || undefined;
  }
  if (process.platform !== 'darwin') return undefined;
  const arguments_ = ['-n', 'kern.bootsessionuuid'];
  return attempt(() => execFileSync('/usr/sbin/sysctl', arguments_, { encoding: 'utf8' }).trim()) || undefined;
}

/** Field 22 of `/proc/<pid>/stat`: clock ticks between the start of the system and that of the process. */
function startOf(pid: number): string | undefined {
  // A container can see the process table of another namespace, where ids mean something else.
  if (attempt(() => readlinkSync('/proc/self')) !== String(process.pid)) return undefined;
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the name of the program, which can contain anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
