/** `branchline plugins schema` */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { experimentSchema, listPlugins, namesOf, PluginFinder } from '@branchline/api/internal';
import { LOADING } from '../experiment/module-guard.js';
import { printable } from '../ui/printable.js';

/** Arguments of `plugins schema`. */
export interface SchemaArguments {
  /** File to write; default: standard output. */
  readonly out?: string;
  readonly json: boolean;
}

/** Writes the schema with the plugins that can be named where the command was typed; those that cannot be used are told and left out. */
export async function writeExperimentSchema({ out, json }: SchemaArguments): Promise<void> {
  const finder = new PluginFinder(process.cwd(), LOADING);
  const offered = [];
  for (const listed of await listPlugins(finder)) {
    if ('problem' in listed) {
      process.stderr.write(`${printable(`left out ${listed.package.name}: ${listed.problem}`)}\n`);
    } else {
      offered.push({ ...listed, names: namesOf(listed, finder) });
    }
  }
  const text = `${JSON.stringify(experimentSchema(offered), null, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(out, text);
  const told = [
    `wrote ${out}`,
    'A YAML file of the same folder begins with',
    `  # yaml-language-server: $schema=./${basename(out)}`,
    `and a JSON file with "$schema": "./${basename(out)}".`,
  ];
  process.stdout.write(json ? `${JSON.stringify({ file: out })}\n` : `${told.join('\n')}\n`);
}
