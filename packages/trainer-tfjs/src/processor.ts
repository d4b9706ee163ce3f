import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';

/** Extensions that ONNX Runtime, XNNPACK and Eigen choose their kernels by, in the spelling of Linux. */
const EXTENSIONS = [
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx512vl',
  'avx512_bf16',
  'amx_tile',
  'asimd',
  'sve',
  'sve2',
  'i8mm',
];

/** The name of the processor, e.g. `AMD EPYC 9554`. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || arch();
}

/**
 * What decides which kernels a numeric library chooses, and so the last bits of its results: architecture and
 * instruction set extensions, or the name of the processor where the system does not tell its extensions.
 */
export function instructionSet(): string {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    const present = new Set(line?.trim().split(/\s+/));
    const found = EXTENSIONS.filter((name) => present.has(name));
    if (found.length > 0) return [arch(), ...found].join(' ');
  } catch {
    // Not Linux.
  }
  return `${arch()} ${processorName()}`;
}
