/** A plan is a pure function of the experiment and the options. */
import { definePlugin, type HookName, type PluginServices } from '@branchline/core';
import { differences, failed } from '../outcome.js';
import type { Examples, StrategyExample } from './examples.js';
import { FIRST, SECOND, type When, withClock } from './fake-clock.js';
import { planSnapshot, SUBJECT, show } from './lab.js';
import { mapHooks, rewired } from './wrapped-hooks.js';

/** A plugin that decides nothing. */
export const plain = definePlugin({ name: 'kit-plain', version: '1.0.0', kernel: '^1', setup: () => ({}) });

/** Plans every example again: alone, and between other strategies that use the plugin too. */
export async function checkRepeatable(examples: Examples): Promise<void> {
  const { lab, all } = examples;
  for (const [index, example] of all.entries()) {
    const was = await examples.snapshot(example);
    const subject = lab.strategy(example.options);
    const other = lab.strategy(all[(index + 1) % all.length]!.options);
    const settings = {
      'once more': { [SUBJECT]: subject },
      'behind other strategies': { other, plain: [plain()], [SUBJECT]: lab.strategy(example.options) },
      'before other strategies': { [SUBJECT]: lab.strategy(example.options), plain: [plain()], other },
    };
    for (const [setting, strategies] of Object.entries(settings)) {
      const found = differences(was, planSnapshot(await lab.plan(strategies)));
      if (found.length === 0) continue;
      throw failed(`${examples.titleOf(example)}, planned ${setting}, gives another plan`, found, [
        'Something outlives a setup: a variable of the module, a cache, a file. Keep what a plan depends on inside of setup.',
      ]);
    }
  }
}

/** Plans every example at two times, and with two sorts of luck. */
export async function checkClock(examples: Examples): Promise<void> {
  for (const example of examples.all) {
    const found = differences(await snapshotAt(examples, example, FIRST), await snapshotAt(examples, example, SECOND));
    if (found.length === 0) continue;
    throw failed(`${examples.titleOf(example)} gives another plan at another time`, found, [
      'It asks Date, performance.now or Math.random. Draw from services.random in onStep, elsewhere from a RandomStream of',
      'context.experiment.seed.',
    ]);
  }
}

async function snapshotAt({ lab }: Examples, { options }: StrategyExample, when: When) {
  const there = rewired(lab.plugin, (setup, services) =>
    mapHooks(
      withClock(when, () => setup(services)),
      (_, hook) => (given) => withClock(when, () => hook(given)),
    ),
  );
  return planSnapshot(await lab.plan({ [SUBJECT]: lab.strategy(options, there) }));
}

/** Looks at options and contexts after every call. */
export async function checkInputs(examples: Examples): Promise<void> {
  const { lab } = examples;
  for (const example of examples.all) {
    const changed: string[] = [];
    const compare = (what: string, was: unknown, is: unknown) => changed.push(...differences(was, is, what));
    const watched = rewired(lab.plugin, (setup, services) =>
      mapHooks(setup(services), (name, hook) => (given) => {
        // A copy that is not frozen, as it would be in a kernel that trusts: what is written to it is seen.
        const lent = structuredClone(given);
        const answer = hook(lent);
        compare(`${name} wrote to its context`, given, lent);
        return answer;
      }),
    );
    const strategy = lab.strategy(example.options, watched);
    await lab.plan({ [SUBJECT]: strategy });
    compare('the options', example.options, strategy.at(-1)!.options);
    if (changed.length === 0) continue;
    throw failed(
      `${examples.titleOf(example)}: what the plugin was given is not as it was`,
      [...new Set(changed)],
      ['Copy before you sort, fill or assign: others read the same objects.'],
    );
  }
}

/** Sets the plugin up anew for every question, and keeps its state as JSON in between. */
export async function checkMemory(examples: Examples): Promise<void> {
  const { lab } = examples;
  const initial = lab.plugin.initialState;
  if (initial !== undefined) assertJson('initialState', initial);
  for (const { title, strategy } of await examples.scenes()) {
    const forgetful = rewired(lab.plugin, (setup, services) =>
      mapHooks(setup(saving(services)), (name) => (given) => ask(setup(saving(services)), name, given)),
    );
    const was = planSnapshot(await lab.plan({ [SUBJECT]: strategy(lab.plugin) }));
    const is = planSnapshot(await lab.plan({ [SUBJECT]: strategy(forgetful) }));
    const found = differences(was, is);
    if (found.length === 0) continue;
    throw failed(`${title} gives another plan when the plugin is set up anew for every question`, found, [
      'It remembers an earlier question. Branches, resumed runs and other orders of asking do not know it: keep in',
      'services.state what onStep must remember, and write every change back with set.',
    ]);
  }
}

function ask(hooks: object, name: HookName, given: unknown): unknown {
  return (hooks as Record<HookName, (given: unknown) => unknown>)[name](given);
}

/** True for what comes back from JSON as it was. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  const plain = typeof value === 'object' && Object.prototype.toString.call(value) === '[object Object]';
  return plain && Object.values(value).every(isJson);
}

/** Services whose state goes through JSON, as it would to a file. */
function saving(services: PluginServices): PluginServices {
  const { state } = services;
  return {
    ...services,
    state: {
      get: () => JSON.parse(JSON.stringify(state.get())) as ReturnType<typeof state.get>,
      set(value) {
        assertJson('state', value);
        state.set(value);
      },
    },
  };
}

function assertJson(what: string, value: unknown): void {
  if (isJson(value)) return;
  throw new Error(`${what} is ${show(value)}, which JSON cannot keep; it must survive being saved and loaded`);
}
