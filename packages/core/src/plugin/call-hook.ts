/** Calls deciders: frozen contexts in, plain data out, and every error with its plugin, hook and place. */
import { isDeepStrictEqual } from 'node:util';
import { BranchlineError, type ErrorPlace, messageOf } from '../errors.js';
import { isPlainObject } from '../plain-object.js';
import type { Contribution } from './merge.js';
import type { PreparedPlugin, PreparedStrategy } from './prepare.js';
import type { DeciderName, HookSignatures } from './types.js';

/** Who is being asked, for when the answer does not come: whoever asks many questions watches over them all at once. */
let asked: ErrorPlace = {};

/** The place of the last question. */
export function currentHookCall(): ErrorPlace {
  return asked;
}

/** Calls one decider of every plugin. What a plugin throws is attributed and passed on untouched as the cause. */
export function callHook<Name extends DeciderName>(
  strategy: PreparedStrategy,
  hook: Name,
  version: number,
  context: Parameters<HookSignatures[Name]>[0],
  place: { readonly path?: string; readonly step?: number } = {},
): readonly Contribution[] {
  const contributions: Contribution[] = [];
  for (const prepared of strategy.plugins) {
    const part = askOne(prepared, strategy, hook, version, context, place);
    if (part === undefined || part === null) continue;
    contributions.push({
      owner: { kind: 'plugin', name: prepared.plugin.name, configPath: prepared.configPath },
      part,
    });
  }
  return contributions;
}

function askOne<Name extends DeciderName>(
  prepared: PreparedPlugin,
  strategy: PreparedStrategy,
  hook: Name,
  version: number,
  context: Parameters<HookSignatures[Name]>[0],
  place: { readonly path?: string; readonly step?: number },
): unknown {
  const decider = prepared.hooks[hook] as ((context: unknown) => unknown) | undefined;
  if (decider === undefined) return undefined;
  const at = {
    plugin: prepared.plugin.name,
    configPath: prepared.configPath,
    strategy: strategy.name,
    version,
    hook,
    ...place,
  };
  asked = at;
  const answer = (): unknown => {
    let part: unknown;
    prepared.services.version = version;
    try {
      part = decider(context);
    } catch (cause) {
      throw new BranchlineError('plugin', { ...at, message: messageOf(cause) }, { cause });
    } finally {
      // A charge belongs to a question; an observer that makes one is told so.
      prepared.services.version = 0;
    }
    return part === undefined || part === null ? undefined : copyOfPart(part, at);
  };
  const first = answer();
  // Steps move state and random streams on, so only questions about versions and forks can be asked twice.
  if (hook !== 'onStep' && !isDeepStrictEqual(first, answer())) {
    const message = 'gave two answers to the same question; a decider must be pure';
    const remedy =
      'Decide from the context and the options alone: no clock, no Math.random, no memory of earlier calls.';
    throw new BranchlineError('plugin', { ...at, message, remedy });
  }
  return first;
}

/** A copy of what a decider returned: what the plugin does with its object later is its own affair. */
function copyOfPart(part: unknown, at: ErrorPlace): Record<string, unknown> {
  if (!isPlainObject(part)) {
    const got = part instanceof Promise ? 'a promise' : Array.isArray(part) ? 'a list' : `a ${typeof part}`;
    throw new BranchlineError('plugin', { ...at, message: `must return a plain object or undefined, not ${got}` });
  }
  try {
    return structuredClone(part);
  } catch (cause) {
    const message = `returned something that is not data: ${messageOf(cause)}`;
    throw new BranchlineError('plugin', { ...at, message }, { cause });
  }
}

/** Freezes a context in depth, so that a decider that writes to it fails where it does so. Typed arrays stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
