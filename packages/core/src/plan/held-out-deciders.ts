import type { PreparedStrategy } from '../plugin/prepare.js';
import type { PlanWarning } from './plan-warning.js';

/**
 * A warning for every plugin that may decide by held-out text: the losses of its strategies on this text are not those
 * of text that had no part in training.
 */
export function heldOutWarnings(strategies: readonly PreparedStrategy[]): readonly PlanWarning[] {
  const byPlugin = new Map<string, Set<string>>();
  for (const { name, plugins } of strategies) {
    for (const { plugin } of plugins) {
      if (plugin.heldOut === true) byPlugin.set(plugin.name, (byPlugin.get(plugin.name) ?? new Set()).add(name));
    }
  }
  return [...byPlugin].map(([plugin, names]) => ({
    plugin,
    strategies: [...names],
    refuses: false,
    message: `decides by losses on held-out text, so held-out losses of ${listed([...names])} are not those of unseen text`,
    remedy: 'Compare them on a validation set: data.evaluation, and compare.metric.',
  }));
}

/** Strategies that a message names; the others are counted. */
const NAMED = 3;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  const named = names.slice(0, NAMED).map((name) => `"${name}"`);
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
