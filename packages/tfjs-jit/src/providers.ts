/** A part of ONNX Runtime that computes on one kind of device. */
export interface OnnxRuntimeProvider {
  /** `cpu`, `webgpu`, `cuda`, ... */
  readonly name: string;
  /** Whether its libraries are inside the npm package; if not, they must be found on the machine. */
  readonly bundled: boolean;
}

/** The providers that ONNX Runtime's build for this platform knows. Rejects where its native library cannot be loaded. */
export async function onnxRuntimeProviders(): Promise<readonly OnnxRuntimeProvider[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  return listSupportedBackends();
}
