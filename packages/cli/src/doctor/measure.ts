/** Measures tokens per second of several engines, interleaved in one run. */
import { messageOf } from '@branchline/core';
import type { EngineFinding } from './engines.js';
import { describeSize, MEASURED, Trial, tokensOf } from './trial.js';

/** Rates of one engine, one per round. */
export interface Rates {
  readonly name: string;
  readonly tokensPerSecond: readonly number[];
}

/** One line of the result. Ratios are medians over rounds, so that load on the machine affects both sides. */
export interface Speed {
  readonly name: string;
  readonly tokensPerSecond: number;
  /** Speed relative to the slowest engine. */
  readonly ofSlowest: number;
  /** Speed relative to the engine that `auto` selects; null if that one was not measured. */
  readonly ofAuto: number | null;
}

/** Result of `--measure`. */
export interface Measurement {
  readonly parameters: number;
  readonly tokensPerStep: number;
  readonly rounds: number;
  /** Fastest first. */
  readonly speeds: readonly Speed[];
  /** Engines that were too slow or failed, with the reason. */
  readonly left: readonly { readonly name: string; readonly reason: string }[];
  /** Set if `auto` does not select the fastest engine. */
  readonly warning: string | null;
}

const ROUNDS = 3;
/** Target time of an engine in one round; it trains at least one step. */
const ROUND_SECONDS = 0.4;
const MOST_STEPS = 200;
/** Engines with slower steps are skipped: all rounds would take minutes. */
const SLOWEST_STEP_SECONDS = 8;
/** Smaller differences could be reversed in another run and give no warning. */
const CLEARLY_FASTER = 1.1;

/** Number of steps that take about `ROUND_SECONDS`. */
export function stepsFor(secondsPerStep: number): number {
  return Math.min(MOST_STEPS, Math.max(1, Math.round(ROUND_SECONDS / secondsPerStep)));
}

/** Trains a few steps on every engine that works, interleaved. `report` is called with the current activity. */
export async function measureEngines(
  findings: readonly EngineFinding[],
  report: (what: string) => void,
): Promise<Measurement> {
  const working = findings.filter(({ works }) => works);
  const left: { name: string; reason: string }[] = [];
  const running: { name: string; trial: Trial; steps: number; tokensPerSecond: number[] }[] = [];
  try {
    for (const { name, options } of working) {
      report(`warming up ${name}`);
      try {
        const trial = await Trial.create(options, MEASURED);
        const own = { name, trial, steps: 1, tokensPerSecond: [] };
        running.push(own);
        // The first step compiles, which may be slow, but has a limit.
        const first = await trial.train(1);
        const seconds = first > 2 * SLOWEST_STEP_SECONDS ? first : await trial.train(1);
        own.steps = stepsFor(seconds);
        if (seconds <= SLOWEST_STEP_SECONDS) continue;
        left.push({ name, reason: `one step takes ${seconds.toFixed(0)} s` });
      } catch (error) {
        left.push({ name, reason: messageOf(error).split('\n')[0]! });
      }
    }
    const measured = running.filter(({ name }) => left.every((other) => other.name !== name));
    for (let round = 0; round < ROUNDS; round++) {
      report(`measuring, round ${round + 1} of ${ROUNDS}`);
      for (const { trial, steps, tokensPerSecond } of measured) {
        tokensPerSecond.push((steps * tokensOf(MEASURED)) / (await trial.train(steps)));
      }
    }
    const auto = findings.find((finding) => finding.auto)?.name;
    const speeds = compareRates(measured, auto);
    return { ...describeSize(MEASURED), rounds: ROUNDS, speeds, left, warning: warnOf(speeds, auto) };
  } finally {
    for (const { trial } of running) await trial.dispose();
  }
}

/** Compares rates by round. Fastest first. */
export function compareRates(rates: readonly Rates[], auto: string | undefined): readonly Speed[] {
  const rateOf = ({ tokensPerSecond }: Rates) => median(tokensPerSecond);
  const sorted = [...rates].sort((a, b) => rateOf(b) - rateOf(a));
  const slowest = sorted.at(-1);
  const chosen = sorted.find(({ name }) => name === auto);
  const against = (own: Rates, other: Rates) =>
    median(own.tokensPerSecond.map((rate, round) => rate / other.tokensPerSecond[round]!));
  return sorted.map((own) => ({
    name: own.name,
    tokensPerSecond: rateOf(own),
    ofSlowest: against(own, slowest!),
    ofAuto: chosen === undefined ? null : against(own, chosen),
  }));
}

/** A warning if another engine is clearly faster than the one that `auto` selects; otherwise null. */
export function warnOf(speeds: readonly Speed[], auto: string | undefined): string | null {
  const fastest = speeds.filter(({ ofAuto }) => (ofAuto ?? 0) > CLEARLY_FASTER)[0];
  if (fastest === undefined) return null;
  const times = fastest.ofAuto!.toFixed(1);
  return `auto takes ${auto}, but ${fastest.name} was ${times} times as fast with this small model; larger models favour GPUs`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
