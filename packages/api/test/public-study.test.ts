/**
 * The run graph against a public study, whose runs branch off each other's checkpoints: `lr-scheduling`, read from the
 * folder that BRANCHLINE_CURVES names. Its index says which run resumes which. Nothing of it is in the repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromScratch, type PluginEntry, planAtScale, type StrategyConfig, stableOnly } from '../src/index.js';

const INDEX = join(process.env.BRANCHLINE_CURVES ?? '', 'lr-scheduling', 'runs.csv');
const isThere = existsSync(INDEX);
if (!isThere) {
  process.stderr.write('SKIPPED: the graph of a public study. Set BRANCHLINE_CURVES to a folder with lr-scheduling.\n');
}

/** A run of the study. */
interface StudyRun {
  readonly name: string;
  /** Steps before it, of the run whose checkpoint it resumes; 0 for fresh weights. */
  readonly first: number;
  readonly last: number;
  readonly peak: number;
  readonly warmup: number;
  readonly scheduler: 'wsd' | 'cos';
  /** Steps of its decay at the end; 0 for a constant rate. */
  readonly decay: number;
  readonly curve: 'linear' | '1-sqrt';
  /** End of a cosine, as a share of the peak. */
  readonly minRatio: number;
  /** Tokens of a step. */
  readonly batch: number;
  readonly parameters: number;
}

function readIndex(): readonly StudyRun[] {
  const [head, ...rows] = readFileSync(INDEX, 'utf8').trim().split('\n');
  const names = head!.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    const text = (name: string) => cells[names.indexOf(name)]!;
    const number = (name: string) => Number(text(name));
    const [last, peak] = [number('last_step'), number('lr')];
    return {
      ...{ name: text('run'), first: number('first_step'), last, peak, warmup: number('warmup_steps') },
      scheduler: text('scheduler') as StudyRun['scheduler'],
      decay: Math.round(number('wsd_fract_decay') * last),
      curve: text('decay_type') === 'sqrt' ? '1-sqrt' : 'linear',
      // -1 stands for a tenth of the peak.
      minRatio: number('cos_final_lr') < 0 ? 0.1 : number('cos_final_lr') / peak,
      batch: number('batch_size') * number('acc_steps') * number('sequence_length'),
      parameters: number('parameters'),
    };
  });
}

/** A run as a strategy of built-in plugins. Shares of a schedule are of the steps after the warm-up. */
function strategyOf({ last, peak, warmup, scheduler, decay, curve, minRatio }: StudyRun): StrategyConfig {
  const overrides = { steps: last, 'lr.peak': peak };
  const plugin = (): PluginEntry => {
    if (scheduler === 'cos') return fromScratch({ schedule: 'cosine', minRatio });
    if (decay === 0) return stableOnly();
    return fromScratch({ schedule: { kind: 'stable-decay', decay: decay / (last - warmup), curve }, minRatio: 0 });
  };
  return { plugins: [plugin()], overrides };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe.runIf(isThere)('the graph of a public study', () => {
  it('trains every step of it once, and fewer steps than the study with its checkpoints', async () => {
    const runs = readIndex();
    expect(runs.length).toBeGreaterThanOrEqual(65);
    const alone = sum(runs.map(({ last }) => last));
    const published = sum(runs.map(({ first, last }) => last - first));
    const [{ batch, parameters, warmup }] = runs as [StudyRun, ...StudyRun[]];
    expect(runs.every((run) => run.batch === batch && run.warmup === warmup)).toBe(true);

    const longest = Math.max(...runs.map(({ last }) => last));
    const experiment = {
      strategies: Object.fromEntries(runs.map((run) => [run.name, strategyOf(run)])),
    };
    const scale = { parameters, tokens: longest * batch, versions: 1, batch, warmup, utilization: 0.4 };
    const plan = await planAtScale(experiment as never, scale);
    expect(plan.failures).toEqual([]);
    expect(sum(plan.strategies.map(({ cost }) => cost.steps))).toBe(alone);

    // A run that resumes a checkpoint repeats the constant steps from there to its decay: the graph branches later.
    const repeated = sum(runs.map(({ first, last, decay }) => (decay === 0 ? 0 : Math.max(0, last - decay - first))));
    // Runs from fresh weights with the same peak share their warm-up; those that resume at 0 are counted above.
    const fresh = runs.filter(({ decay }) => decay === 0);
    const warmups = (fresh.length - new Set(fresh.map(({ peak }) => peak)).size) * warmup;
    expect(plan.together.steps).toBe(published - repeated - warmups);

    const share = (steps: number) => `${((100 * steps) / alone).toFixed(1)}%`;
    process.stdout.write(
      `${runs.length} runs of ${alone} steps: the study trained ${share(published)} of them, the graph ${share(plan.together.steps)}; ` +
        `the difference are ${repeated} constant steps between a checkpoint and a decay, and ${warmups} of warm-ups\n`,
    );
    // 69% of all 235 runs, 67% of the 65 that are at hand.
    expect(published / alone).toBeCloseTo(0.674, 3);
  });
});
