/** Checks that plans are pure functions of the experiment and the options. */
import { definePlugin, messageOf, type PluginDefinition } from '@branchline/core';
import { differences, failed } from '../outcome.js';
import type { Examples, StrategyExample } from './examples.js';
import { FIRST, SECOND, type When, withClock } from './fake-clock.js';
import { planSnapshot, SUBJECT } from './lab.js';
import { assertJson, type CallResult, contentOf, jsonSlot, RecordedCall, unfrozen } from './recorded-call.js';
import { wrapDeciders } from './wrapped-hooks.js';

/** A plugin that decides nothing. */
export const plain = definePlugin({ name: 'kit-plain' });

const OUTLIVES = [
  'State outlives a plan, such as a module variable, a cache or a file, or numbers are drawn. Decide from the context',
  'alone.',
];

/** Plans every example again: alone, and before and after other strategies that use the plugin. */
export async function checkRepeatable(examples: Examples): Promise<void> {
  const { lab, all } = examples;
  for (const [index, example] of all.entries()) {
    const was = await examples.snapshot(example);
    const subject = lab.strategy(example.options);
    const other = lab.strategy(all[(index + 1) % all.length]!.options);
    const settings = {
      'once more': { [SUBJECT]: subject },
      'after other strategies': { other, plain: [plain()], [SUBJECT]: lab.strategy(example.options) },
      'before other strategies': { [SUBJECT]: lab.strategy(example.options), plain: [plain()], other },
    };
    for (const [setting, strategies] of Object.entries(settings)) {
      const title = `${examples.titleOf(example)}, planned ${setting},`;
      const planned = await lab.plan(strategies).catch((cause: unknown) => {
        throw failed(`${title} fails, after a plan that did not`, messageOf(cause).split('\n'), OUTLIVES, cause);
      });
      const found = differences(was, planSnapshot(planned));
      if (found.length > 0) throw failed(`${title} gives another plan`, found, OUTLIVES);
    }
  }
}

/** Plans every example under two clocks and two values of `Math.random`. */
export async function checkClock(examples: Examples): Promise<void> {
  for (const example of examples.all) {
    const found = differences(await snapshotAt(examples, example, FIRST), await snapshotAt(examples, example, SECOND));
    if (found.length === 0) continue;
    throw failed(`${examples.titleOf(example)} gives another plan under another clock and Math.random`, found, [
      'A decider or the schema of the options reads Date, performance.now, process.hrtime, process.env, crypto or',
      'Math.random. Draw from context.random in onStep, elsewhere from a RandomStream of context.experiment.seed.',
    ]);
  }
}

async function snapshotAt({ lab }: Examples, { options }: StrategyExample, when: When) {
  const there = wrapDeciders(lab.plugin, (_, hook) => (given) => withClock(when, () => hook(given)));
  return planSnapshot(await lab.plan({ [SUBJECT]: lab.strategy(options, schemaUnderClock(there, when)) }));
}

/** The plugin with a schema of its options that validates under a clock. */
function schemaUnderClock(plugin: PluginDefinition, when: When): PluginDefinition {
  const { options } = plugin;
  if (options === undefined) return plugin;
  const standard = options['~standard'];
  const validate: typeof standard.validate = (...given) => withClock(when, () => standard.validate(...given));
  return {
    ...plugin,
    options: Object.create(options, { '~standard': { value: { ...standard, validate } } }) as typeof options,
  };
}

/** Compares options and contexts before and after every call. */
export async function checkInputs(examples: Examples): Promise<void> {
  const { lab } = examples;
  for (const example of examples.all) {
    const changed: string[] = [];
    const compare = (what: string, was: unknown, is: unknown) => changed.push(...differences(was, is, what));
    const watched = wrapDeciders(lab.plugin, (name, hook) => (given) => {
      // An unfrozen copy, so that writes succeed and can be reported.
      const lent = unfrozen(given);
      const was = contentOf(lent);
      try {
        return hook(lent);
      } finally {
        compare(`${name} wrote to its context`, was, contentOf(lent));
      }
    });
    const strategy = lab.strategy(example.options, watched);
    const failure = await lab.plan({ [SUBJECT]: strategy }).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    compare('the options', example.options, strategy.at(-1)!.options);
    // What was written is why the plan fails, so it is reported first.
    if (changed.length === 0 && failure !== undefined) throw failure.error;
    if (changed.length === 0) continue;
    throw failed(
      `${examples.titleOf(example)}: ${lab.plugin.name} modified its inputs`,
      [...new Set(changed)],
      ['Copy before you sort, fill or assign: others read the same objects.'],
      failure?.error,
    );
  }
}

const REMEMBERS = [
  'It depends on an earlier call, which branches, resumed runs and other orders of calls do not have: keep what',
  'onStep must remember in context.state, and write every change back with set.',
];

/** Calls every decider twice, then all of them in reverse order, and passes the state through JSON in between. */
export async function checkMemory(examples: Examples): Promise<void> {
  const { lab } = examples;
  const initial = lab.plugin.initialState;
  if (initial !== undefined) assertJson('initialState', initial);
  for (const { title, strategy } of await examples.scenes()) {
    const calls: { readonly call: RecordedCall; readonly result: CallResult }[] = [];
    const twice: string[] = [];
    const watched = wrapDeciders(lab.plugin, (name, hook) => (given) => {
      const call = new RecordedCall(name, hook, given);
      const result = attempt(() => call.repeat());
      const { part, state } = callWithJson(hook, given);
      if (result === undefined) return part;
      calls.push({ call, result });
      twice.push(...differences(result, { part, state }, name));
      return part;
    });
    const is = planSnapshot(await lab.plan({ [SUBJECT]: strategy(watched) }));
    if (twice.length > 0)
      throw failed(`${title}: a decider returns different results for the same context`, twice, REMEMBERS);
    const was = planSnapshot(await lab.plan({ [SUBJECT]: strategy(lab.plugin) }));
    const found = differences(was, is);
    if (found.length > 0)
      throw failed(`${title} gives another plan when its state passes through JSON`, found, REMEMBERS);
    const again = calls.toReversed().flatMap(({ call, result }) => differences(result, call.repeat(), call.name));
    if (again.length > 0)
      throw failed(`${title}: deciders return different results in another order of calls`, again, REMEMBERS);
  }
}

/** Returns undefined on an error: the kernel's own call fails as well, with a better message. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Makes the kernel's call with a state that passes through JSON. */
function callWithJson(hook: (given: unknown) => unknown, given: unknown): CallResult {
  // Members that a hook does not have throw when they are read; the spread leaves them out.
  const { state } = { ...(given as { readonly state?: Parameters<typeof jsonSlot>[0] }) };
  if (state === undefined) return { part: hook(given), state: undefined };
  const slot = jsonSlot(state);
  const part = hook({ ...(given as object), state: slot });
  slot.assertSet();
  return { part, state: structuredClone(state.get()) };
}
