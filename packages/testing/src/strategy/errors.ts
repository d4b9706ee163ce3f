/** Whatever fails, the message says which plugin it was. */
import { BranchlineError, type HookName, type PluginDefinition } from '@branchline/core';
import { failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { type Lab, SUBJECT, show } from './lab.js';
import { isObserver, mapHooks, rewired } from './wrapped-hooks.js';

const BOOM = 'made to fail by the conformance kit';

/** What the kernel and npm take for a name: lower case, digits and hyphens. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const VERSION = /^\d+\.\d+\.\d+/;

/** How the plugin introduces itself. */
export async function checkIdentity({ plugin }: Lab): Promise<void> {
  const wrong = [
    ...(NAME.test(plugin.name) ? [] : [`name is ${show(plugin.name)}: lower-case letters, digits and hyphens`]),
    ...(/^plugin-/.test(plugin.name) ? [`name is ${show(plugin.name)}: leave out plugin-`] : []),
    ...(VERSION.test(plugin.version) ? [] : [`version is ${show(plugin.version)}: a semantic version, like 1.0.0`]),
  ];
  if (wrong.length > 0) throw failed('messages cannot name the plugin', wrong);
}

/** Makes setup and every hook fail in turn, and reads what the kernel says. */
export async function checkErrors(examples: Examples): Promise<void> {
  const { name } = examples.lab.plugin;
  for (const hook of ['setup', ...(await examples.hooks())] as const) {
    const told = await whatIsTold(examples, hook);
    if (told === undefined) {
      throw failed(
        `${name} has ${hook}, and no example ever leads to it`,
        [],
        ['Add an example in which it is called, or remove the hook.'],
      );
    }
    if (!told.named) throw failed(`an error in ${hook} does not say that it is one of ${name}`, [told.text]);
  }
}

interface Told {
  readonly text: string;
  /** Whether it says which hook of which plugin it was. */
  readonly named: boolean;
}

/** What is told in the first example in which the hook is called; undefined when it never is. */
async function whatIsTold({ lab, all }: Examples, hook: HookName | 'setup'): Promise<Told | undefined> {
  const { name } = lab.plugin;
  const broken = failing(lab.plugin, hook);
  for (const { options } of all) {
    const strategies = { [SUBJECT]: lab.strategy(options, broken) };
    if (hook !== 'setup' && isObserver(hook)) {
      const text = (await lab.run(strategies)).warnings.find((line) => line.includes(BOOM));
      if (text !== undefined) return { text, named: text.startsWith(`[${SUBJECT}] ${name}, ${hook}: ${BOOM}`) };
      continue;
    }
    const error = await lab.plan(strategies).catch((cause: unknown) => cause);
    if (!(error instanceof BranchlineError)) continue;
    const named = error.problems.some((problem) => problem.plugin === name && problem.hook === hook);
    return { text: error.message, named };
  }
  return undefined;
}

function failing(plugin: PluginDefinition, name: HookName | 'setup'): PluginDefinition {
  const fail = () => {
    throw new Error(BOOM);
  };
  if (name === 'setup') return { ...plugin, setup: fail };
  return rewired(plugin, (setup, services) => mapHooks(setup(services), (own, hook) => (own === name ? fail : hook)));
}
