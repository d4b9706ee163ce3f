/** Time, energy and money of a plan, at the speed and price of earlier training in its run directory. */
import { BranchlineError, Ledger } from '@branchline/core';

/** Device time, at the speed and price of earlier training. */
export interface TimeSummary {
  readonly deviceSeconds: number;
  readonly tokensPerSecond: number;
  /** Null if the price table lacks the device. */
  readonly energyJoules: number | null;
  readonly money: number | null;
  readonly currency: string;
}

/** Earlier training in the run directory. */
export interface PastTraining {
  readonly tokensPerSecond: number;
  readonly perHour: number | null;
  readonly watts: number | null;
}

/**
 * Summary of earlier training from a ledger, which another process may be writing; undefined if there was none, and for
 * a damaged ledger: a run repairs it, so nothing may end here.
 */
export async function trainedBefore(file: string): Promise<PastTraining | undefined> {
  const entries = await Ledger.read(file).catch((error: unknown) => {
    if (error instanceof BranchlineError && error.code === 'store') return [];
    throw error;
  });
  const trained = entries.filter(({ kind }) => kind === 'train');
  const last = trained.at(-1);
  const seconds = trained.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0);
  if (last === undefined || seconds === 0) return undefined;
  const tokensPerSecond = trained.reduce((sum, { tokens }) => sum + tokens, 0) / seconds;
  return { tokensPerSecond, perHour: last.price?.perHour ?? null, watts: last.power?.watts ?? null };
}

/** Time for a number of training tokens; null if nothing was trained before. */
export function timeOf(tokens: number, before: PastTraining | undefined, currency: string): TimeSummary | null {
  if (before === undefined) return null;
  const { tokensPerSecond, perHour, watts } = before;
  const deviceSeconds = tokens / tokensPerSecond;
  return {
    deviceSeconds,
    tokensPerSecond,
    energyJoules: watts === null ? null : deviceSeconds * watts,
    money: perHour === null ? null : (deviceSeconds / 3600) * perHour,
    currency,
  };
}
