/** Checks that every strategy is billed for its own cost. */
import { differences, failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { type Ran, SUBJECT } from './lab.js';
import { plain } from './purity.js';

/** Runs every example alone, and together with a twin and a strategy whose plugins charge nothing. */
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
    throw failed(`${examples.titleOf(example)}: strategies are billed for too little or too much`, wrong, [
      'A strategy has the same bill alone and with others. Call context.charge in a decider, on every call: a repeated',
      'charge counts once.',
    ]);
  }
}

/** The standalone cost of a strategy and the charges of its plugins. */
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

/** Charges billed to a strategy that does not contain the charging plugin. */
function chargesOfOthers({ bill }: Ran, plugins: readonly string[]): readonly string[] {
  return bill
    .filter(({ kind, strategy, plugin }) => kind === 'charge' && (strategy === 'plain' || !plugins.includes(plugin)))
    .map(({ strategy, plugin, version }) => `${strategy} is charged for ${plugin}, version ${version}`);
}

/** A problem if the attributed FLOPs of all strategies do not add up to the FLOPs of the run. */
function unbalanced({ results }: Ran): readonly string[] {
  const shares = results.strategies.reduce((sum, { cost }) => sum + cost.attributed.flops, 0);
  return shares === results.actual.flops
    ? []
    : [`the shares of all strategies sum to ${shares} FLOPs, but the run took ${results.actual.flops}`];
}
