import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';

/** Instruction set extensions by which ONNX Runtime, XNNPACK and Eigen select kernels, as Linux spells them. */
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

/** Name of the processor, e.g. `AMD EPYC 9554`. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || arch();
}

/**
 * Everything about the processor that selects kernels of numeric libraries, and so the last bits of results:
 * architecture and instruction set extensions, or the processor's name if the system does not list extensions.
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
