/** Contenders take turns, so that what slows the machine down meets all of them. */
import { readFileSync } from 'node:fs';
import type { Contender } from './contenders.ts';

/** How long to measure. */
export interface Effort {
  readonly rounds: number;
  /** Length of a turn. */
  readonly seconds: number;
  /** Whether time is that of the processor, which does not pass while other processes run. Only with one thread. */
  readonly processorTime: boolean;
}

/** Ticks of Linux per second, in which it counts the time of processes. */
const TICKS = 100;

/** Seconds of the processor that a process has taken so far. */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Steps per second of each contender in each round. */
export type Rates = ReadonlyMap<string, readonly number[]>;

/** The middle of some numbers. */
export const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Lets contenders take turns, each round in another order, and stops them. */
export async function takeTurns(
  contenders: readonly Contender[],
  { rounds, seconds, processorTime }: Effort,
): Promise<Rates> {
  const run = async (contender: Contender, steps: number): Promise<number> => {
    const begun = processorTime ? processorSeconds(contender.pid) : 0;
    const passed = await contender.run(steps);
    return processorTime ? Math.max(processorSeconds(contender.pid) - begun, 1 / TICKS) : passed;
  };
  try {
    // Warm-up, and the number of steps that a turn takes.
    const steps = new Map<Contender, number>();
    for (const contender of contenders) {
      await contender.run(2);
      steps.set(contender, Math.max(1, Math.round((3 * seconds) / (await run(contender, 3)))));
    }
    const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      const at = round % contenders.length;
      for (const contender of [...contenders.slice(at), ...contenders.slice(0, at)]) {
        const count = steps.get(contender)!;
        rates.get(contender.name)!.push(count / (await run(contender, count)));
      }
    }
    return rates;
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

/** Ratios of the rates of two contenders within each round. */
export function ratioOf(rates: Rates, one: string, other: string) {
  const ratios = rates.get(one)!.map((rate, round) => rate / rates.get(other)![round]!);
  return { ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
