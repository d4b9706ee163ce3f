/** How a hook leaves the API: it goes on working under its old name, and its users are told what to use instead. */
import type { Problem } from '../errors.js';
import type { HookName } from './types.js';

/** A hook that has a successor with the same signature. */
export interface Deprecation {
  /** Version of the kernel API in which the successor came. */
  readonly since: string;
  /** Version in which the old name goes. */
  readonly until: string;
  readonly instead: HookName;
}

/** Names of hooks that have successors. None has by now. */
export const DEPRECATED_HOOKS: Readonly<Record<string, Deprecation>> = {};

/** Hooks under the names of today. */
export interface RenewedHooks {
  readonly hooks: Readonly<Record<string, unknown>>;
  /** One line for each old name. */
  readonly warnings: readonly string[];
  readonly problems: readonly Problem[];
}

/** Puts hooks under the names of their successors. A plugin that has a hook under both names is told so: one of them would be ignored. */
export function renewHooks(
  hooks: Readonly<Record<string, unknown>>,
  deprecated: Readonly<Record<string, Deprecation>> = DEPRECATED_HOOKS,
): RenewedHooks {
  const renewed: Record<string, unknown> = {};
  const warnings: string[] = [];
  const problems: Problem[] = [];
  for (const [name, hook] of Object.entries(hooks)) {
    const successor = Object.hasOwn(deprecated, name) ? deprecated[name] : undefined;
    if (successor === undefined) {
      renewed[name] = hook;
      continue;
    }
    const { instead, since, until } = successor;
    if (hooks[instead] !== undefined) {
      problems.push({ message: `has the hook ${name} and its successor ${instead}`, remedy: `Remove ${name}.` });
      continue;
    }
    warnings.push(`the hook ${name} is called ${instead} since kernel API ${since}, and goes with ${until}: rename it`);
    renewed[instead] = hook;
  }
  return { hooks: renewed, warnings, problems };
}
