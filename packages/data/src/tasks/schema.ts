import { BranchlineError, type Problem } from '@branchline/core';
import { z } from 'zod';
import { problemsOf } from '../config/issues.js';
import { glob, part } from '../config/schema.js';

const field = (what: string, name: string) =>
  z.string().min(1).default(name).describe(`Field with ${what}; a dot leads into an object. Default: ${name}.`);

const name = z.string().trim().min(1).max(100).describe('Name of the task in results and claims.');

const fileTask = part({
  name,
  files: z
    .union([glob, z.array(glob).min(1)], { error: 'name a file or a glob, or a list of these' })
    .describe('JSONL, plain or gzip, one item per line.'),
  queryField: field('the text before the choices', 'query'),
  choicesField: field('the list of choices', 'choices'),
  goldField: field('the index of the right choice, from 0', 'gold'),
  versionField: z
    .string()
    .min(1)
    .optional()
    .describe('Field with the name of the version that an item is about. Default: none.'),
  domainField: z.string().min(1).optional().describe('Field with the domain that an item is about. Default: none.'),
  delimiter: z.string().default(' ').describe('Text between query and choice. Default: one space.'),
}).describe('Items from files.');

const count = (least: number) => z.number().int().min(least);

const generatedTask = part({
  name,
  generate: part({
    items: count(1).default(32).describe('Largest number of items about one version and domain.'),
    choices: count(2).max(100).default(4).describe('Choices of an item.'),
    query: count(1).optional().describe('Largest number of tokens before the choices. Default: half the context.'),
    from: z
      .string()
      .optional()
      .describe('Name of the validation set that the items are made of. Default: held-out text.'),
    answer: count(1).optional().describe('Tokens of a choice. Default: an eighth of the context.'),
  }).describe('Items made of held-out text, or of a validation set: which of these continues it?'),
}).describe('Items made of text of the experiment that is never trained on.');

export const tasksSchema = z
  .array(
    z.union([fileTask, generatedTask], {
      error: 'write { name, files: "items.jsonl" } or { name, generate: {} }',
    }),
    { error: 'write a list of tasks in [ ]' },
  )
  .describe('Multiple-choice tasks on which every release is evaluated by log-likelihood.');

/** The `tasks` part as the user writes it. */
export type TasksConfig = z.input<typeof tasksSchema>;
/** A task with all defaults filled in. */
export type TaskSettings = z.output<typeof tasksSchema>[number];
export type FileTask = z.output<typeof fileTask>;
export type GeneratedTask = z.output<typeof generatedTask>;

/**
 * Checks the `tasks` part of an experiment and fills in its defaults.
 *
 * @throws BranchlineError `config` that lists every problem.
 */
export function parseTasks(config: unknown, path = 'tasks'): readonly TaskSettings[] {
  const result = tasksSchema.safeParse(config, { reportInput: true });
  if (!result.success) {
    throw new BranchlineError('config', problemsOf(result.error.issues, path), { cause: result.error });
  }
  const names = result.data.map((task) => task.name);
  const twice = names.flatMap((own, index): Problem[] => {
    if (names.indexOf(own) === index) return [];
    const message = `another task is called "${own}" too`;
    return [{ configPath: `${path}[${index}].name`, message, remedy: 'Give each a name of its own.' }];
  });
  if (twice.length > 0) throw new BranchlineError('config', twice);
  return result.data;
}
