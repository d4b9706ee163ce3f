/** The part of the library that is used here; it has no types of its own. */
declare module 'fs-native-extensions' {
  /**
   * Locks bytes of an open file without waiting; false if another open file has a lock that excludes it. Closing the
   * file releases the lock. Throws where the file system has no locks.
   */
  export function tryLock(fd: number, offset: number, length: number, options?: { readonly shared?: boolean }): boolean;
}
