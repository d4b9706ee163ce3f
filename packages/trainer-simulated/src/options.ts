import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { inspect } from 'node:util';
import { didYouMean, messageOf } from '@branchline/core';
import { z } from 'zod';
import { type LossLaw, lawSchema } from './law/law.js';
import { PUBLISHED_LAWS } from './law/published.js';

const names = [...PUBLISHED_LAWS.keys()];
/** Paths have a slash or end in .json. */
const isPath = (law: string) => /[/\\]|\.json$/.test(law);

const unknownName = (law: string) =>
  `no law is called "${law}". ${didYouMean(law, names) ?? `There are ${names.join(', ')}, and files such as ./law.json.`}`;

const expected = {
  error: ({ input }: { readonly input?: unknown }) =>
    typeof input === 'object' && input !== null
      ? `is not a loss law: ${wrongIn(input)}`
      : `${inspect(input)} is not a law: name one (${names.join(', ')}), or a file that branchline fit-loss wrote`,
};

/** What is wrong with an object that should be a law; empty if nothing is. */
function wrongIn(value: unknown): string {
  const issues = lawSchema.safeParse(value).error?.issues ?? [];
  return issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': ')).join('; ');
}

/** Options of the simulated trainer. */
export const simulatedOptions = z.strictObject({
  law: z
    .union([z.string().min(1), lawSchema], expected)
    .superRefine((law, context) => {
      if (typeof law === 'string' && !isPath(law) && !PUBLISHED_LAWS.has(law))
        context.addIssue({ code: 'custom', message: unknownName(law) });
    })
    .meta({
      description:
        `The law that predicts the losses: a published one (${names.join(', ')}), a JSON file that branchline fit-loss ` +
        'wrote, relative to the experiment file, or its content.',
      examples: ['multi-power-100m'],
    }),
});

/** Options as a user writes them. */
export type SimulatedOptions = z.input<typeof simulatedOptions>;

/** The law of the options. Relative paths are relative to `directory`. Throws an Error that says what is wrong. */
export function resolveLaw(law: string | LossLaw, directory: string): LossLaw {
  if (typeof law === 'object') return law;
  const published = PUBLISHED_LAWS.get(law);
  if (published !== undefined) return published;
  if (!isPath(law)) throw new Error(unknownName(law));
  const path = isAbsolute(law) ? law : join(directory, law);
  const parsed = parse(readText(path, law), path);
  const checked = lawSchema.safeParse(parsed);
  if (checked.success) return checked.data;
  throw new Error(`the law ${path} is not a loss law: ${wrongIn(parsed)}`);
}

function readText(path: string, written: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? 'does not exist' : `cannot be read: ${messageOf(cause)}`;
    throw new Error(`the law ${path} ${why}. Write one: branchline fit-loss <curves...> --out ${written}`, { cause });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`the law ${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
}
