import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A part of ONNX Runtime that computes on one kind of device. */
export interface OnnxRuntimeProvider {
  /** `cpu`, `webgpu`, `cuda`, ... */
  readonly name: string;
  /** Whether its libraries are inside the npm package; if not, they must be found on the machine. */
  readonly bundled: boolean;
}

/**
 * The providers that ONNX Runtime's build for this platform knows. Rejects where its native library cannot be loaded.
 */
export async function onnxRuntimeProviders(): Promise<readonly OnnxRuntimeProvider[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  return listSupportedBackends();
}

/**
 * Whether the libraries of the CUDA provider lie where ONNX Runtime looks for them, beside its own. They are not in the
 * npm package; its install script fetches them. To ask ONNX Runtime itself would make it complain on standard error.
 */
export function hasCudaLibraries(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  const library = process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return existsSync(join(folder, library));
}
