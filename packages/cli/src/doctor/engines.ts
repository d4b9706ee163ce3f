/** The engines of the embedded trainer: which of them train here, and which one `auto` takes. */
import { messageOf } from '@branchline/core';
import type { EngineAttempt } from '@branchline/trainer-tfjs';
import { SMALLEST, Trial } from './trial.js';

/** One engine as it was found. */
export interface EngineFinding {
  readonly name: string;
  /** What to write under `trainer` in an experiment file to have this one. */
  readonly options: EngineAttempt['options'];
  /** It has trained a step just now. */
  readonly works: boolean;
  /** What computes, with versions; null where it could not be loaded. */
  readonly description: string | null;
  readonly device: string | null;
  /** The same steps end in the same bits. */
  readonly deterministic: boolean | null;
  /** Why it does not work. */
  readonly refusal: string | null;
  /** What adds what is missing. */
  readonly remedy: string | null;
  readonly auto: boolean;
  /** Why `auto` does not take it although it works. */
  readonly passedOver: string | null;
}

/** Tries every engine, in the order of `auto`. */
export async function findEngines(): Promise<readonly EngineFinding[]> {
  const { automaticEngine, tryEngines } = await import('@branchline/trainer-tfjs');
  const attempts = await tryEngines(undefined, 'all');
  const chosen = automaticEngine(attempts);
  const findings: EngineFinding[] = [];
  for (const attempt of attempts) findings.push(toFinding(attempt, await failureOf(attempt), chosen));
  return findings;
}

/** Why an engine that was loaded cannot train; undefined when it can. */
async function failureOf({ engine, options }: EngineAttempt): Promise<string | undefined> {
  if (engine === undefined) return undefined;
  try {
    const trial = await Trial.create(options, SMALLEST);
    try {
      await trial.train(1);
    } finally {
      await trial.dispose();
    }
    return undefined;
  } catch (error) {
    return messageOf(error).split('\n')[0]!;
  }
}

/** An attempt and what a step on it came to, told in full. */
export function toFinding(
  attempt: EngineAttempt,
  failure: string | undefined,
  chosen: EngineAttempt | undefined,
): EngineFinding {
  const { name, options, engine, refusal, remedy, passedOver } = attempt;
  const auto = attempt === chosen;
  const unfit = failure === undefined ? undefined : `it was loaded, but cannot train: ${failure}`;
  return {
    name,
    options,
    works: engine !== undefined && failure === undefined,
    description: engine?.description ?? null,
    device: engine?.device ?? null,
    deterministic: engine?.deterministic ?? null,
    refusal: refusal ?? unfit ?? null,
    remedy:
      remedy ?? (unfit !== undefined && auto ? 'Name another engine under trainer in the experiment file.' : null),
    auto,
    passedOver: auto || engine === undefined ? null : (passedOver ?? (chosen && `${chosen.name} comes first`) ?? null),
  };
}
