import { availableParallelism, freemem, totalmem } from 'node:os';

/** The machine, without its GPUs. */
export interface Machine {
  readonly platform: string;
  readonly processor: string;
  /** CPU architecture, with the extensions that numeric libraries select kernels by. */
  readonly instructionSet: string;
  /** Threads available to this process. */
  readonly threads: number;
  /** Memory available to this process; the container's limit, if there is one. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly node: string;
}

/** Inspects the machine. */
export async function lookAtMachine(): Promise<Machine> {
  const { instructionSet, processorName } = await import('@branchline/trainer-tfjs');
  const limit = process.constrainedMemory();
  const total = totalmem();
  // Without a limit it is 0, or larger than the physical memory.
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
