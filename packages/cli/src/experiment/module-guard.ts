import type { ModuleGuard, ModuleLoading } from '@branchline/api';

/** Also rejects if the module tries to end the process, or leaves an error uncaught. */
export const guardModule: ModuleGuard = async (work) => {
  const exit = Object.getOwnPropertyDescriptor(process, 'exit')!;
  let stray: ((error: unknown) => void) | undefined;
  const trouble = new Promise<never>((_, reject) => {
    stray = reject;
  });
  // Other listeners can end the process: that of TensorFlow.js's wasm backend throws the error again.
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', stray!);
  process.exit = (code) => {
    throw new Error(`ends the process: process.exit(${code ?? ''})`);
  };
  try {
    return await Promise.race([work(), trouble]);
  } finally {
    Object.defineProperty(process, 'exit', exit);
    process.off('uncaughtException', stray!);
    for (const listener of others) process.on('uncaughtException', listener);
  }
};

/** How the command line loads experiment files and plugins. */
export const LOADING: ModuleLoading = { guard: guardModule };
