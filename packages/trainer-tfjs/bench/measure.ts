import type { ModelSpec } from '@branchline/model';
import { parameterCount } from '@branchline/model';
import { type Absence, type Candidate, ownProcess } from './engines.js';
import { Peer } from './peer.js';
import { median, type Profile } from './profile.js';
import type { Operation, StepsAnswer } from './protocol.js';
import { BATCH } from './sizes.js';

/** Products that measure the rate of the machine: large and square, and as tall as those of a step. The best counts. */
const PRODUCTS = [
  [1024, 1024, 1024],
  [2048, 1024, 2048],
  [2048, 512, 512],
] as const;

/** Engines with a longer step are not measured. */
const SLOWEST_SECONDS = 30;

/** Result of one engine on one model. Numbers are medians over rounds; ratios are medians of ratios within a round. */
export interface Row {
  readonly engine: string;
  readonly params: number;
  readonly tokensPerSecond: number;
  /** `6 x parameters x tokens per second` as a share of the rate of matrix products. */
  readonly shareOfGemm: number;
  readonly peakMiB: number;
  /** Speed of the jit divided by the speed of this engine. */
  readonly jitRatio: number;
}

/** Results for one model. */
export interface Measured {
  readonly params: number;
  /** GFLOP/s of matrix products, median over rounds. */
  readonly gemmGflops: number;
  readonly rows: readonly Row[];
  readonly absent: readonly Absence[];
  readonly operations: readonly Operation[];
  /** Seconds to trace and compile the jit's graph. */
  readonly compile: number;
  /** Seconds until the jit is ready to train: start, tracing, compiling and the first step. */
  readonly jitStart: number;
}

interface Runner {
  readonly name: string;
  readonly peer: Peer;
  /** Seconds of the first step, from which the number of steps in a round follows. */
  readonly stepSeconds: number;
  readonly start: number;
  readonly rates: number[];
  peakMiB: number;
}

/** How long to measure. */
export interface Effort {
  readonly rounds: number;
  /** Approximate training time per round; at least one step. */
  readonly seconds: number;
}

/** Measures all engines on one model, in turns. */
export async function measure(
  model: ModelSpec,
  engines: readonly Candidate[],
  threads: number,
  { rounds, seconds }: Effort,
  tell: (what: string) => void,
): Promise<Measured> {
  const runners: Runner[] = [];
  const absent: Absence[] = [];
  const gemm = new Peer(ownProcess(threads));
  try {
    for (const engine of engines) {
      tell(`${engine.name} starts`);
      const started = await start(model, engine).catch((error: Error) => ({
        name: engine.name,
        reason: error.message,
      }));
      if ('peer' in started) runners.push(started);
      else absent.push(started);
    }
    const gemms: number[] = [];
    for (let round = 0; round < rounds; round++) {
      tell(`round ${round + 1} of ${rounds}`);
      const products = [];
      for (const product of PRODUCTS) products.push((await gemm.ask<{ gflops: number }>({ gemm: product })).gflops);
      gemms.push(Math.max(...products));
      for (const runner of runners) {
        const steps = Math.max(1, Math.round(seconds / runner.stepSeconds));
        const answer = await runner.peer.ask<StepsAnswer>({ steps });
        runner.rates.push((steps * BATCH * model.context) / answer.seconds);
        runner.peakMiB = answer.peakMiB;
      }
    }
    tell('profile');
    const { compile, operations } = await gemm.ask<Profile>({ profile: { model, batch: BATCH } });
    const params = parameterCount(model);
    const jit = runners.find(({ name }) => name === 'jit')!;
    const rows = runners.map(({ name, rates, peakMiB }): Row => {
      const shares = rates.map((rate, round) => (6 * params * rate) / 1e9 / gemms[round]!);
      const ratios = rates.map((rate, round) => jit.rates[round]! / rate);
      return {
        ...{ engine: name, params, tokensPerSecond: median(rates), shareOfGemm: median(shares), peakMiB },
        jitRatio: median(ratios),
      };
    });
    return { params, gemmGflops: median(gemms), rows, absent, operations, compile, jitStart: jit.start };
  } finally {
    await Promise.all([gemm, ...runners.map(({ peer }) => peer)].map((peer) => peer.end()));
  }
}

/** Starts an engine and trains one step, so that one-time work is not measured. */
async function start(model: ModelSpec, { name, command, load }: Candidate): Promise<Runner> {
  const peer = new Peer(command);
  try {
    const { seconds } = await peer.ask<{ seconds: number }>({ load: { model, batch: BATCH, ...load } });
    const tooSlow = (step: number) => new Error(`a step takes ${Math.round(step)} s`);
    // Start-up and one-time work take less than a minute; more than that is the step.
    if (seconds > 2 * SLOWEST_SECONDS && !('compile' in load)) throw tooSlow(seconds);
    const { seconds: stepSeconds, peakMiB } = await peer.ask<StepsAnswer>({ steps: 1 });
    if (stepSeconds > SLOWEST_SECONDS) throw tooSlow(stepSeconds);
    return { name, peer, stepSeconds, start: seconds, rates: [], peakMiB };
  } catch (error) {
    await peer.end();
    throw error;
  }
}
