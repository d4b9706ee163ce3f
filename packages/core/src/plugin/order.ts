import type { Problem } from '../errors.js';
import { didYouMean } from '../suggest.js';
import type { PluginDefinition } from './types.js';

/** Something that holds a plugin and knows where it stands in the config. */
export interface Placed {
  readonly plugin: PluginDefinition;
  readonly configPath: string;
}

const rank = { pre: 0, none: 1, post: 2 } as const;

/**
 * The order in which the plugins of a strategy are asked: by declaration, `enforce` first, then `after`. Names in `after` that are
 * not in the strategy, and circles, are problems.
 */
export function orderPlugins<T extends Placed>(
  items: readonly T[],
): { readonly ordered: readonly T[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const names = items.map(({ plugin }) => plugin.name);
  for (const { plugin, configPath } of items) {
    for (const other of plugin.after ?? []) {
      if (names.includes(other)) continue;
      problems.push({
        plugin: plugin.name,
        configPath,
        message: `wants to come after "${other}", which is not in this strategy`,
        remedy: didYouMean(other, names),
      });
    }
  }
  const waiting = [...items].sort((a, b) => rank[a.plugin.enforce ?? 'none'] - rank[b.plugin.enforce ?? 'none']);
  const ordered: T[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(
      ({ plugin }) => !waiting.some((other) => plugin.after?.includes(other.plugin.name)),
    );
    if (ready < 0) {
      const circle = waiting.map(({ plugin }) => plugin.name).join(', ');
      problems.push({
        configPath: waiting[0]!.configPath,
        message: `plugins wait for each other in a circle: ${circle}`,
      });
      ordered.push(...waiting);
      break;
    }
    ordered.push(...waiting.splice(ready, 1));
  }
  return { ordered, problems };
}
