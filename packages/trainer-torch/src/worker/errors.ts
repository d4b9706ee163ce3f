/** Errors of the worker, as the user sees them. */
import { BranchlineError } from '@branchline/core';

/** What kind of error it is; the worker's `errors.py` explains them. `dead`: a process ended or hangs. */
export type WorkerErrorKind = 'input' | 'environment' | 'diverged' | 'out-of-memory' | 'internal' | 'dead';

/** An error of the worker. The kernel adds strategy and step. */
export class TorchError extends BranchlineError {
  constructor(
    readonly kind: WorkerErrorKind,
    message: string,
    remedy?: string,
  ) {
    super('trainer', { message: `trainer-torch: ${message}`, ...(remedy !== undefined && { remedy }) });
  }
}

/** How to get PyTorch. */
export const INSTALL_REMEDY =
  'Run npx branchline backend install torch, or name a Python that has torch and transformers: trainer: ' +
  "torch({ python: '.venv/bin/python' }).";
