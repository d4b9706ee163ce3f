/** Observers see and change nothing. */
import type { PluginDefinition } from '@branchline/core';
import { differences, failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { planSnapshot, SUBJECT } from './lab.js';

/** Runs every example with its observers and without, and plans it once more after they have seen a run. */
export async function checkObservers(examples: Examples): Promise<void> {
  const { lab, all } = examples;
  if (lab.plugin.observe === undefined) return;
  const blind: PluginDefinition = { ...lab.plugin, observe: undefined };
  for (const example of all) {
    const title = examples.titleOf(example);
    const before = await examples.snapshot(example);
    const without = await lab.run({ [SUBJECT]: lab.strategy(example.options, blind) });
    const seeing = await lab.run({ [SUBJECT]: lab.strategy(example.options) });
    const told = seeing.warnings.filter((line) => line.includes(`] ${lab.plugin.name}, `));
    if (told.length > 0) throw failed(`${title}: an observer throws`, told);
    const found = [
      ...differences(planSnapshot(without), planSnapshot(seeing), 'plan'),
      ...differences(without.outcome, seeing.outcome),
      ...differences(before, planSnapshot(await lab.plan({ [SUBJECT]: lab.strategy(example.options) })), 'next plan'),
    ];
    if (found.length === 0) continue;
    throw failed(`${title}: a run with observers is not that of one without`, found, [
      'What afterStep and its like have seen must not reach a decider, nor the bill: a run that is resumed does not see it',
      'again. To decide from losses, say reactive: true and call context.losses in onFork.',
    ]);
  }
}
