/** Checks that observers have no side effects. */
import type { PluginDefinition } from '@branchline/core';
import { differences, failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { planSnapshot, SUBJECT } from './lab.js';

/** Runs every example with and without observers, and plans it again after they have seen a run. */
export async function checkObservers(examples: Examples): Promise<void> {
  const { lab, all } = examples;
  if (lab.plugin.observe === undefined) return;
  const blind: PluginDefinition = { ...lab.plugin, observe: undefined };
  for (const example of all) {
    const title = examples.titleOf(example);
    const before = await examples.snapshot(example);
    const without = await lab.run({ [SUBJECT]: lab.strategy(example.options, blind) });
    const seeing = await lab.run({ [SUBJECT]: lab.strategy(example.options) });
    const { name } = lab.plugin;
    const failures = seeing.warnings.filter(
      (line) => line.includes(`] ${name}, `) || line.includes(`plugin ${name}, observe: `),
    );
    if (failures.length > 0) {
      throw failed(`${title}: ${name} has an observer that throws`, failures, [
        'What it should watch is lost. Catch what may fail, such as writing a file; options and events are frozen, so copy',
        'before you change them.',
      ]);
    }
    const found = [
      ...differences(planSnapshot(without), planSnapshot(seeing), 'plan'),
      ...differences(without.outcome, seeing.outcome),
      ...differences(before, planSnapshot(await lab.plan({ [SUBJECT]: lab.strategy(example.options) })), 'next plan'),
    ];
    if (found.length === 0) continue;
    throw failed(`${title}: a run with observers differs from one without`, found, [
      'What an observer such as afterStep saw must not reach a decider or the bill: a resumed run does not see it again.',
      'To decide from losses, set reactive: true and call context.losses in onFork.',
    ]);
  }
}
