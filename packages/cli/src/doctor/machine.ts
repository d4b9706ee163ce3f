import { availableParallelism, freemem, totalmem } from 'node:os';

/** The machine, without its graphics processors. */
export interface Machine {
  readonly platform: string;
  readonly processor: string;
  /** Architecture and the extensions that numeric libraries choose their kernels by. */
  readonly instructionSet: string;
  /** Threads that this process may use at once. */
  readonly threads: number;
  /** What this process may use: a container's limit where there is one. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly node: string;
}

/** Looks at the machine. */
export async function lookAtMachine(): Promise<Machine> {
  const { instructionSet, processorName } = await import('@branchline/trainer-tfjs');
  const limit = process.constrainedMemory();
  const total = totalmem();
  // Without a limit it is 0, or larger than anything there is.
  const memoryBytes = limit > 0 && limit < total ? limit : total;
  return {
    platform: `${process.platform} ${process.arch}`,
    processor: processorName(),
    instructionSet: instructionSet(),
    threads: availableParallelism(),
    memoryBytes,
    freeMemoryBytes: Math.min(freemem(), memoryBytes),
    node: process.versions.node,
  };
}
