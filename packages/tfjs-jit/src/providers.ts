import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A provider of ONNX Runtime: it computes on one kind of device. */
export interface OnnxRuntimeProvider {
  /** `cpu`, `webgpu`, `cuda`, ... */
  readonly name: string;
  /** Whether its libraries are in the npm package; otherwise they must be installed on the machine. */
  readonly bundled: boolean;
}

/**
 * Providers of ONNX Runtime's build for this platform. Rejects if its native library cannot be loaded.
 */
export async function onnxRuntimeProviders(): Promise<readonly OnnxRuntimeProvider[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  return listSupportedBackends();
}

/**
 * Whether the libraries of the CUDA provider are in ONNX Runtime's folder. The npm package does not contain them; its
 * install script downloads them. ONNX Runtime is not called, because it would print errors on standard error.
 */
export function hasCudaLibraries(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  const library = process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return existsSync(join(folder, library));
}
