/** The engines of the embedded trainer: which of them work on this machine, and which one `auto` selects. */
import { messageOf } from '@branchline/core';
import type { EngineAttempt } from '@branchline/trainer-tfjs';
import { SMALLEST, Trial } from './trial.js';

/** Findings about one engine. */
export interface EngineFinding {
  readonly name: string;
  /** The trainer options that select it in an experiment file. */
  readonly options: EngineAttempt['options'];
  /** Whether it trained a step just now. */
  readonly works: boolean;
  /** Libraries and versions that it uses; null if it could not be loaded. */
  readonly description: string | null;
  readonly device: string | null;
  /** Whether the same steps give the same bits. */
  readonly deterministic: boolean | null;
  /** Why it does not work. */
  readonly refusal: string | null;
  /** How to install what is missing. */
  readonly remedy: string | null;
  readonly auto: boolean;
  /** Why `auto` skips it although it works. */
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

/** Why a loaded engine cannot train; undefined if it can. */
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

/** Combines an attempt to load with the result of a training step. */
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
