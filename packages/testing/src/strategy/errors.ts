/** Checks that error messages name the plugin. */
import { BranchlineError, type HookName, type ObserverName, type PluginDefinition } from '@branchline/core';
import { failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { type Lab, SUBJECT, show } from './lab.js';
import { isObserver, wrapDeciders, wrapObservers } from './wrapped-hooks.js';

const BOOM = 'made to fail by the conformance kit';

/** Names that the kernel and npm accept. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const VERSION = /^\d+\.\d+\.\d+/;

/** Checks the plugin's name and version. */
export async function checkIdentity({ plugin }: Lab): Promise<void> {
  const wrong = [
    ...(NAME.test(plugin.name) ? [] : [`name is ${show(plugin.name)}: lower-case letters, digits and hyphens`]),
    ...(/^plugin-/.test(plugin.name) ? [`name is ${show(plugin.name)}: leave out plugin-`] : []),
    ...(plugin.version === undefined || VERSION.test(plugin.version)
      ? []
      : [`version is ${show(plugin.version)}: a semantic version, like 1.0.0`]),
  ];
  if (wrong.length > 0) throw failed('the plugin has no valid name or version', wrong);
}

/** Makes each hook fail in turn and checks the kernel's message. */
export async function checkErrors(examples: Examples): Promise<void> {
  const { name } = examples.lab.plugin;
  for (const hook of await examples.hooks()) {
    const found = await messageFor(examples, hook);
    if (found === undefined) {
      throw failed(
        `${name} has ${hook}, but no example calls it`,
        [],
        ['Add an example that calls it, or remove the hook.'],
      );
    }
    if (!found.named) {
      throw failed(
        `an error in ${hook} does not name ${name}`,
        [found.text],
        [
          'The kernel names the plugin of an error that leaves its hook. Does another plugin catch it and throw its own?',
        ],
      );
    }
  }
}

interface Message {
  readonly text: string;
  /** True when the message names the plugin and the hook. */
  readonly named: boolean;
}

/** The kernel's message for the first example that calls the hook; undefined if no example does. */
async function messageFor({ lab, all }: Examples, hook: HookName | ObserverName): Promise<Message | undefined> {
  const { name } = lab.plugin;
  const broken = failing(lab.plugin, hook);
  for (const { options } of all) {
    const strategies = { [SUBJECT]: lab.strategy(options, broken) };
    if (hook === 'observe' || isObserver(hook)) {
      const text = (await lab.run(strategies)).warnings.find((line) => line.includes(BOOM));
      const named = hook === 'observe' ? `plugin ${name}, observe: ${BOOM}` : `[${SUBJECT}] ${name}, ${hook}: ${BOOM}`;
      if (text !== undefined) return { text, named: text.includes(named) };
      continue;
    }
    const error = await lab.plan(strategies).catch((cause: unknown) => cause);
    if (!(error instanceof BranchlineError)) continue;
    // The plugin fails by itself, which says nothing about this hook.
    if (!error.message.includes(BOOM)) throw error;
    const named = error.problems.some((problem) => problem.plugin === name && problem.hook === hook);
    return { text: error.message, named };
  }
  return undefined;
}

function failing(plugin: PluginDefinition, name: HookName | ObserverName): PluginDefinition {
  const fail = () => {
    throw new Error(BOOM);
  };
  if (name === 'observe') return { ...plugin, observe: fail };
  if (isObserver(name)) return wrapObservers(plugin, (own, hook) => (own === name ? fail : hook));
  return wrapDeciders(plugin, (own, hook) => (own === name ? fail : hook));
}
