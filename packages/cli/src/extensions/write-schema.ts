/** `branchline plugins schema` */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  experimentSchema,
  type Listed,
  LoggerFinder,
  listAll,
  listedLogger,
  namesOf,
  type Offered,
} from '@branchline/api/internal';
import { writingTo } from '@branchline/core';
import { LOADING } from '../experiment/module-guard.js';
import { printable } from '../ui/printable.js';
import { type ExtensionKind, PLUGIN_KIND, TRAINER_KIND } from './kinds.js';

/** Arguments of `plugins schema`. */
export interface SchemaArguments {
  /** File to write. Default: standard output. */
  readonly out?: string;
  readonly json: boolean;
}

/**
 * Writes the schema with all plugins, trainers and loggers that can be named in the working directory. Unusable ones
 * are reported on standard error and omitted.
 */
export async function writeExperimentSchema({ out, json }: SchemaArguments): Promise<void> {
  const offered = [
    await offer(PLUGIN_KIND),
    await offer(TRAINER_KIND),
    await offer({ finder: () => new LoggerFinder(process.cwd(), LOADING), describe: listedLogger }),
  ] as const;
  const text = `${JSON.stringify(experimentSchema(...offered), null, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writingTo(out, () => writeFile(out, text));
  const lines = [
    `wrote ${out}`,
    'A YAML file of the same folder begins with',
    `  # yaml-language-server: $schema=./${basename(out)}`,
    `and a JSON file with "$schema": "./${basename(out)}".`,
  ];
  process.stdout.write(json ? `${JSON.stringify({ file: out })}\n` : `${lines.join('\n')}\n`);
}

async function offer<T, L extends Listed>(
  kind: Pick<ExtensionKind<T, L>, 'finder' | 'describe'>,
): Promise<readonly Offered[]> {
  const finder = kind.finder();
  const offered: Offered[] = [];
  for (const listed of await listAll(finder, kind.describe)) {
    if ('problem' in listed) {
      process.stderr.write(`${printable(`left out ${listed.package.name}: ${listed.problem}`)}\n`);
    } else {
      offered.push({ ...listed, names: namesOf(listed, finder) });
    }
  }
  return offered;
}
