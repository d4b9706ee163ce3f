/** `backend remove torch` and `olmo-core`. */
import { rmSync } from 'node:fs';
import { homeFolder } from '@branchline/core';
import type { EnvironmentKind } from '../backend/environments.js';
import { removeLeftovers } from '../backend/leftovers.js';
import type { ManageArguments } from '../backend/manage.js';
import { printable } from '../ui/printable.js';

/** Removes the environment, and leftovers of installations that were killed. */
export async function removeEnvironment(kind: EnvironmentKind, { dir, json }: ManageArguments): Promise<void> {
  const home = homeFolder(dir === undefined ? process.env : { BRANCHLINE_HOME: dir });
  const environment = kind.find(kind.folder({ BRANCHLINE_HOME: home }));
  if (environment !== undefined) rmSync(environment.folder, { recursive: true });
  removeLeftovers(home);
  const text = environment === undefined ? `Nothing to remove in ${home}.` : `removed ${environment.folder}`;
  process.stdout.write(`${json ? JSON.stringify({ removed: environment ?? null }, null, 2) : printable(text)}\n`);
}
