/**
 * Locks of the operating system on open files. The system releases them when their process ends, however it ends. Some
 * file systems also keep them between machines.
 */

/** `held`: another open file has the lock. `unsupported`: this system or file system has no locks. */
export type SystemLockState = 'free' | 'held' | 'unsupported';

/** Locks of the operating system. */
export interface SystemLocks {
  /** Takes the exclusive lock of a file that is open for writing, until the file is closed. Does not wait. */
  take(fd: number): SystemLockState;
  /** Whether another open file has the exclusive lock. Several processes can look at the same time. */
  look(fd: number): SystemLockState;
}

/** No locks: everything is `unsupported`. */
export const NO_SYSTEM_LOCKS: SystemLocks = { take: () => 'unsupported', look: () => 'unsupported' };

/** The locked byte lies behind the content, because a locked byte cannot be read on Windows. */
const OFFSET = 2 ** 30;

/** Not a literal, because the library has no types. */
const LIBRARY: string = 'fs-native-extensions';

/** The part of the library that is used here. */
interface Library {
  /** False if another open file has a lock that excludes this one. Throws where the file system has no locks. */
  tryLock(fd: number, offset: number, length: number, options: { readonly shared: boolean }): boolean;
}

/** The locks of this system, or none if the library has no binary for it. */
export async function loadSystemLocks(): Promise<SystemLocks> {
  const library = await (import(LIBRARY) as Promise<Library>).catch(() => undefined);
  if (library === undefined) return NO_SYSTEM_LOCKS;
  const attempt = (fd: number, shared: boolean): SystemLockState => {
    try {
      return library.tryLock(fd, OFFSET, 1, { shared }) ? 'free' : 'held';
    } catch (error) {
      // POSIX allows both codes for a lock that another process has; the library translates one of them.
      return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'held' : 'unsupported';
    }
  };
  return { take: (fd) => attempt(fd, false), look: (fd) => attempt(fd, true) };
}
