import type { TrainerState } from '@branchline/core';
import { TorchError } from './worker/errors.js';
import type { Session } from './worker/session.js';

/** A state in a worker. */
export class TorchState implements TrainerState {
  #number: number | undefined;

  constructor(
    readonly session: Session,
    number: number,
    /** Optimizer steps since the moments were last zero. */
    public step: number,
  ) {
    this.#number = number;
  }

  /** Its number in the worker. Throws if the state was disposed of. */
  get number(): number {
    if (this.#number === undefined) throw new TorchError('input', 'this state was disposed of');
    return this.#number;
  }

  dispose(): void {
    if (this.#number !== undefined) this.session.dispose(this.#number);
    this.#number = undefined;
  }
}
