/** Collects steps of several lanes, to train those that are wanted at the same time together. */
import type { StepMetrics } from '@branchline/core';
import { TorchError } from '../worker/errors.js';

/** A step as a lane wants it. Steps with the same group can be trained together. */
export interface WantedStep {
  readonly group: string;
}

/** Trains steps of one group together; resolves to what became of each, in their order. */
export type TrainTogether<Step> = (steps: readonly Step[]) => Promise<readonly (StepMetrics | TorchError)[]>;

interface Waiting<Step> {
  readonly step: Step;
  readonly resolve: (metrics: StepMetrics) => void;
  readonly reject: (error: unknown) => void;
}

/** The longest that a step waits for others, in milliseconds. */
const LONGEST_MS = 50;

/** A step waits for others at most for this share of the time that the last steps took. */
const SHARE = 0.25;

/**
 * Steps wait until every lane that is training wants one, but not long: a lane between two steps may be busy with
 * something else, and lanes that save or evaluate are not waited for. Time decides only which steps are trained
 * together, and that changes no bit of any.
 */
export class Gathering<Step extends WantedStep> {
  #waiting: Waiting<Step>[] = [];
  #lanes = 0;
  #isBusy = false;
  #longest = LONGEST_MS;
  #timer: NodeJS.Timeout | undefined;

  /** `most`: steps that can be trained together. */
  constructor(
    private readonly most: number,
    private readonly trainTogether: TrainTogether<Step>,
  ) {}

  /** A lane is training from now on: others wait for its steps. */
  begin(): void {
    this.#lanes++;
  }

  /** A lane does something else now. */
  end(): void {
    this.#lanes--;
    this.#look();
  }

  /** Trains a step, together with others that are wanted now. Rejects with its own error, or with one of the worker. */
  step(step: Step): Promise<StepMetrics> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject });
      this.#look();
    });
  }

  #look(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    if (this.#waiting.length >= Math.min(this.#lanes, this.most)) void this.#train();
    else this.#timer ??= setTimeout(() => void this.#train(), this.#longest);
  }

  async #train(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { group } = this.#waiting[0]!.step;
    const now = this.#waiting.filter(({ step }) => step.group === group).slice(0, this.most);
    this.#waiting = this.#waiting.filter((one) => !now.includes(one));
    this.#isBusy = true;
    const begun = performance.now();
    try {
      const outcomes = await this.trainTogether(now.map(({ step }) => step));
      for (const [index, { resolve, reject }] of now.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new TorchError('internal', 'the worker left out a step'));
        else if (outcome instanceof TorchError) reject(outcome);
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of now) reject(error);
    }
    this.#longest = Math.min(LONGEST_MS, SHARE * (performance.now() - begun));
    this.#isBusy = false;
    this.#look();
  }
}
