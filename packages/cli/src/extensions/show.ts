/** `ls` and `show` of `branchline plugins` and `branchline trainers`. */
import {
  type BrokenPackage,
  type Finder,
  type Listed,
  listAll,
  namesOf,
  UNKNOWN_OPTIONS,
} from '@branchline/api/internal';
import { styleFor } from '../ui/style.js';
import { widthOf } from './columns.js';
import type { ExtensionKind } from './kinds.js';
import { detailText, listText, type Page } from './text.js';

const page = (): Page => ({ width: widthOf(process.stdout), style: styleFor(process.stdout) });

/** Lists the built-in ones and those of packages installed in the working directory. */
export async function showAll<T, L extends Listed>(kind: ExtensionKind<T, L>, json: boolean): Promise<void> {
  const finder = kind.finder();
  const listed = await listAll(finder, kind.describe);
  const text = json
    ? JSON.stringify(
        listed.map((one) => asJson(one, finder)),
        null,
        2,
      )
    : listed.map((one) => listText(one, kind, page())).join('\n\n');
  process.stdout.write(`${text}\n`);
}

/**
 * Shows one in detail: built-in, from an installed package, or from a module. Throws a BranchlineError if there is
 * none.
 */
export async function showOne<T, L extends Listed>(
  kind: ExtensionKind<T, L>,
  name: string,
  json: boolean,
): Promise<void> {
  const finder = kind.finder();
  const definition = await finder.find(name);
  const listed = kind.describe(definition, finder.packageOf(name));
  const names = listed.package === undefined ? [name] : namesOf(listed, finder);
  const text = json ? JSON.stringify(asJson(listed, finder), null, 2) : detailText(listed, names, kind, page());
  process.stdout.write(`${text}\n`);
}

/** `options` is a JSON Schema; null if there are no options or they cannot be described. */
function asJson<T>(listed: Listed | BrokenPackage, finder: Finder<T>): object {
  const { package: found } = listed;
  const from = found === undefined ? null : { name: found.name, version: found.version, directory: found.directory };
  if ('problem' in listed) return { name: found!.shortName, package: from, problem: listed.problem };
  const { options, description = null, ...rest } = listed;
  return {
    ...rest,
    description,
    names: namesOf(listed, finder),
    package: from,
    options: typeof options === 'string' ? null : options,
    ...(options === 'unknown' && { note: UNKNOWN_OPTIONS }),
  };
}
