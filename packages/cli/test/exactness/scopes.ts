import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the packages tagged with a scope, e.g. `plugin`. */
export function packagesInScope(scope: string): readonly string[] {
  const packages = join(import.meta.dirname, '../../..');
  return readdirSync(packages).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly nx?: { readonly tags?: readonly string[] };
    };
    return manifest.nx?.tags?.includes(`scope:${scope}`) ? [manifest.name] : [];
  });
}
