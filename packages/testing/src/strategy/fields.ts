/** The fields a plugin claims are those it sets. */
import { failed } from '../outcome.js';
import type { Examples } from './examples.js';
import { SUBJECT, show } from './lab.js';
import { wrapDeciders } from './wrapped-hooks.js';

/** Compares `owns`, where a plugin has it, with what the plugin sets over all examples. */
export async function checkFields(examples: Examples): Promise<void> {
  const { plugin } = examples.lab;
  if (plugin.owns === undefined) return;
  const owns = new Set<string>(plugin.owns);
  const set = new Set([...(await examples.fieldsSet()), ...(await stepFieldsOf(examples))]);
  const wrong = [
    ...[...owns].filter((name) => !set.has(name)).map((name) => `${name}: claimed, and never set`),
    ...[...set].filter((name) => !owns.has(name)).map((name) => `${name}: set, and not claimed`),
  ];
  if (wrong.length === 0) return;
  throw failed(`the fields that ${plugin.name} owns are not those it sets`, wrong, [
    `Over all examples it sets: owns: ${show([...set].sort())}. Add an example for what it sets elsewhere.`,
  ]);
}

/** Names of the fields that `onStep` returns; the plan does not remember who set them. */
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

/** Dotted names of everything that is not undefined. Lists are values. */
function leavesOf(part: object): readonly string[] {
  return Object.entries(part).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [name];
    return leavesOf(value).map((inner) => `${name}.${inner}`);
  });
}
