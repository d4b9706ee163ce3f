/** Errors of the worker, as the user sees them. */
import { BranchlineError } from '@branchline/core';
import { z } from 'zod';

/** An error as the worker sends it. */
export const errorSchema = z.object({
  kind: z.enum(['input', 'environment', 'diverged', 'out-of-memory', 'internal', 'dead']),
  message: z.string(),
  remedy: z.string().nullish(),
});

/** What kind of error it is; the worker's `errors.py` explains them. `dead`: a process ended or hangs. */
export type WorkerErrorKind = z.output<typeof errorSchema>['kind'];

/** An error of the worker. The kernel adds strategy and step. */
export class TorchError extends BranchlineError {
  constructor(
    readonly kind: WorkerErrorKind,
    message: string,
    remedy?: string,
    trainer = 'trainer-torch',
  ) {
    super('trainer', { message: `${trainer}: ${message}`, ...(remedy !== undefined && { remedy }) });
  }

  /** What a worker reports. `lines` follow the message. */
  static of({ kind, message, remedy }: z.output<typeof errorSchema>, lines = '', trainer?: string): TorchError {
    return new TorchError(kind, message + lines, remedy ?? undefined, trainer);
  }
}
