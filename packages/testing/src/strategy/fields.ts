/** Checks that a plugin sets exactly the fields it owns. */
import { failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { SUBJECT, show } from './lab.js';
import { wrapDeciders } from './wrapped-hooks.js';

/** Compares `owns`, if present, with the fields that the plugin sets in any example. */
export async function checkFields(examples: Examples): Promise<void> {
  const { plugin } = examples.lab;
  if (plugin.owns === undefined) return;
  const owns = new Set<string>(plugin.owns);
  const set = new Set([...(await examples.fieldsSet()), ...(await stepFieldsOf(examples))]);
  const wrong = [
    ...[...owns].filter((name) => !set.has(name)).map((name) => `${name}: claimed but never set`),
    ...[...set].filter((name) => !owns.has(name)).map((name) => `${name}: set but not claimed`),
  ];
  if (wrong.length === 0) return;
  throw failed(`the fields that ${plugin.name} owns differ from those it sets`, wrong, [
    `Over all examples it sets: owns: ${show([...set].sort())}. Add an example for what it sets elsewhere.`,
  ]);
}

/** Names of the fields that `onStep` returns. Plans do not record their owners. */
async function stepFieldsOf({ lab, all }: Examples): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (lab.plugin.onStep === undefined) return found;
  const watched = wrapDeciders(lab.plugin, (name, hook) => (given) => {
    const answer = hook(given);
    if (name === 'onStep') for (const field of leavesOf(answer ?? {})) found.add(field);
    return answer;
  });
  for (const { options } of all) await lab.plan({ [SUBJECT]: lab.strategy(options, watched) });
  return found;
}

/** Dotted names of all leaves that are not undefined. Arrays are leaves. */
function leavesOf(part: object): readonly string[] {
  return Object.entries(part).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [name];
    return leavesOf(value).map((inner) => `${name}.${inner}`);
  });
}
