/** Every strategy pays for itself. */
import { differences, failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { type Ran, SUBJECT } from './lab.js';
import { plain } from './purity.js';

/** Runs every example alone, and beside a twin and a strategy without plugins that charge. */
export async function checkCosts(examples: Examples): Promise<void> {
  const { lab } = examples;
  for (const example of examples.all) {
    const strategy = () => lab.strategy(example.options);
    const alone = await lab.run({ [SUBJECT]: strategy() });
    const together = await lab.run({ twin: strategy(), plain: [plain()], [SUBJECT]: strategy() });
    const names = lab.strategy(undefined).map(({ plugin }) => plugin.name);
    const wrong = [
      ...['twin', SUBJECT].flatMap((name) => differences(billOf(alone, SUBJECT), billOf(together, name), name)),
      ...chargesOfOthers(together, names),
      ...unbalanced(alone),
      ...unbalanced(together),
    ];
    if (wrong.length === 0) continue;
    throw failed(`${examples.titleOf(example)}: not every strategy pays for itself, and for nothing else`, wrong, [
      'The bill of a strategy is the same in company as alone. Call context.charge in a decider, each time it is called: a',
      'charge that is repeated counts once.',
    ]);
  }
}

/** What a strategy would owe alone, and what its plugins charged. */
function billOf({ results, bill }: Ran, name: string) {
  const { tokens, flops, steps } = results.strategies.find((strategy) => strategy.name === name)!.cost.standalone;
  const charges = bill.filter(({ kind, strategy }) => kind === 'charge' && strategy === name);
  return {
    standalone: { steps, tokens, flops },
    charges: charges.map(({ plugin, version, alone }) => ({
      plugin,
      version,
      tokens: alone.tokens,
      flops: alone.flops,
    })),
  };
}

/** Charges of plugins that are not in the strategy that is billed. */
function chargesOfOthers({ bill }: Ran, plugins: readonly string[]): readonly string[] {
  return bill
    .filter(({ kind, strategy, plugin }) => kind === 'charge' && (strategy === 'plain' || !plugins.includes(plugin)))
    .map(({ strategy, plugin, version }) => `${strategy} is charged for ${plugin}, version ${version}`);
}

/** The shares of all strategies must add up to what was paid. */
function unbalanced({ results }: Ran): readonly string[] {
  const shares = results.strategies.reduce((sum, { cost }) => sum + cost.attributed.flops, 0);
  return shares === results.actual.flops
    ? []
    : [`all shares are ${shares} FLOPs, and ${results.actual.flops} were paid`];
}
