/** A plan is a pure function of the experiment and the options. */
import { definePlugin } from '@branchline/core';
import { differences, failed } from '../outcome.js';
import type { Examples, StrategyExample } from './examples.js';
import { FIRST, SECOND, type When, withClock } from './fake-clock.js';
import { planSnapshot, SUBJECT } from './lab.js';
import { type Answer, assertJson, jsonSlot, Question, servicesIn, unfrozen } from './question.js';
import { type Hook, wrapDeciders } from './wrapped-hooks.js';

/** A plugin that decides nothing. */
export const plain = definePlugin({ name: 'kit-plain' });

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
        'Something outlives a plan: a variable of the module, a cache, a file. Decide from the context alone.',
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
      'It asks Date, performance.now or Math.random. Draw from context.random in onStep, elsewhere from a RandomStream of',
      'context.experiment.seed.',
    ]);
  }
}

async function snapshotAt({ lab }: Examples, { options }: StrategyExample, when: When) {
  const there = wrapDeciders(lab.plugin, (_, hook) => (given) => withClock(when, () => hook(given)));
  return planSnapshot(await lab.plan({ [SUBJECT]: lab.strategy(options, there) }));
}

/** Looks at options and contexts after every call. */
export async function checkInputs(examples: Examples): Promise<void> {
  const { lab } = examples;
  for (const example of examples.all) {
    const changed: string[] = [];
    const compare = (what: string, was: unknown, is: unknown) => changed.push(...differences(was, is, what));
    const watched = wrapDeciders(lab.plugin, (name, hook) => (given) => {
      // A copy that is not frozen, as it would be in a kernel that trusts: what is written to it is seen.
      const lent = unfrozen(given);
      const answer = hook(lent);
      compare(`${name} wrote to its context`, given, lent);
      return answer;
    });
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

const REMEMBERS = [
  'It remembers an earlier call. Branches, resumed runs and other orders of calls do not know it: keep in context.state',
  'what onStep must remember, and write every change back with set.',
];

/** Calls every decider twice, then all of them in the opposite order, and keeps the state as JSON in between. */
export async function checkMemory(examples: Examples): Promise<void> {
  const { lab } = examples;
  const initial = lab.plugin.initialState;
  if (initial !== undefined) assertJson('initialState', initial);
  for (const { title, strategy } of await examples.scenes()) {
    const asked: { readonly question: Question; readonly answer: Answer }[] = [];
    const twice: string[] = [];
    const watched = wrapDeciders(lab.plugin, (name, hook) => (given) => {
      const question = new Question(name, hook, given);
      const answer = attempt(() => question.ask());
      const { part, state } = askWithJson(hook, given);
      if (answer === undefined) return part;
      asked.push({ question, answer });
      twice.push(...differences(answer, { part, state }, name));
      return part;
    });
    const is = planSnapshot(await lab.plan({ [SUBJECT]: strategy(watched) }));
    if (twice.length > 0) throw failed(`${title}: a decider gives two answers to one question`, twice, REMEMBERS);
    const was = planSnapshot(await lab.plan({ [SUBJECT]: strategy(lab.plugin) }));
    const found = differences(was, is);
    if (found.length > 0) throw failed(`${title} gives another plan when its state is kept as JSON`, found, REMEMBERS);
    const again = asked
      .toReversed()
      .flatMap(({ question, answer }) => differences(answer, question.ask(), question.name));
    if (again.length > 0) throw failed(`${title}: deciders that are called in another order differ`, again, REMEMBERS);
  }
}

/** Undefined when it throws: the kernel's own call throws too, and its error says more. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** The kernel's own call, with a state that passes through JSON. */
function askWithJson(hook: Hook, given: unknown): Answer {
  const { state } = servicesIn(given);
  if (state === undefined) return { part: hook(given), state: undefined };
  const slot = jsonSlot(state);
  const part = hook({ ...(given as object), state: slot });
  slot.assertSet();
  return { part, state: structuredClone(state.get()) };
}
