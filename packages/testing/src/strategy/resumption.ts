/** Checks that runs resume after a stop, after a crash, and under the next version of the plugin. */
import type { PluginDefinition } from '@branchline/core';
import { inTemporaryDirectory } from '../fixtures.js';
import { differences, failed } from '../outcome.js';
import { checkResume } from '../resume.js';
import { type Cut, runStraight, startRun } from '../start.js';
import type { Examples } from './examples.js';
import { planSnapshot, SUBJECT } from './lab.js';

/** Farther apart than checkpoints, so that every start makes progress; enough cuts for a run of the kit's size. */
const CRASHES = Array.from({ length: 20 }, (_, index): Cut => {
  const by = (['crash', 'crash-in-save', 'crash-in-evaluation'] as const)[index % 3]!;
  return { by, after: 4 + (index % 2) };
});

/**
 * Stops the first example after each of its steps and the others after every third step. Also runs each example with
 * all kinds of crashes.
 */
export async function checkCuts(examples: Examples): Promise<void> {
  for (const [index, { title, strategy }] of (await examples.scenes()).entries()) {
    const stop: Cut = { by: 'stop', after: index === 0 ? 1 : 3 };
    const small = examples.lab.small({ [SUBJECT]: strategy() });
    try {
      const { starts } = await checkResume({ ...small, cuts: CRASHES });
      const steps = starts.reduce((sum, { made }) => sum + made, 0);
      await checkResume({ ...small, cuts: new Array<Cut>(steps).fill(stop) });
    } catch (error) {
      throw new Error(`${title}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Runs the first half under one version of the plugin and the rest under the next patch. */
export async function checkUpgrade(examples: Examples): Promise<void> {
  const { lab } = examples;
  const { name, version = '1.0.0' } = lab.plugin;
  const next: PluginDefinition = { ...lab.plugin, version: patched(version) };
  const promise = `${name} ${next.version} is a patch of ${version}, but`;
  const advice = ['A patch must not change plans: a run begun under one version could not be finished under the next.'];
  for (const { title, strategy } of await examples.scenes()) {
    const [old, now] = [{ [SUBJECT]: strategy() }, { [SUBJECT]: strategy(next) }];
    const planned = differences(planSnapshot(await lab.plan(old)), planSnapshot(await lab.plan(now)));
    if (planned.length > 0) throw failed(`${promise} ${title} gives another plan`, planned, advice);
    const straight = await inTemporaryDirectory((directory) => runStraight(lab.small(old), directory));
    const half: Cut = { by: 'stop', after: Math.ceil(straight.results.actual.steps / 2) };
    const ended = await inTemporaryDirectory(async (directory) => {
      await startRun(lab.small(old), directory, half);
      return startRun(lab.small(now), directory, undefined, straight.plan);
    });
    const ends = differences(straight.outcome, ended.finished!.outcome);
    if (ends.length > 0)
      throw failed(`${promise} a run of ${title} that resumes under it ends differently`, ends, advice);
  }
}

/** The next patch of a semantic version. `checkIdentity` refuses other forms. */
const patched = (version: string): string =>
  version.replace(/^(\d+\.\d+\.)(\d+).*$/, (_, head: string, patch: string) => `${head}${Number(patch) + 1}`);
