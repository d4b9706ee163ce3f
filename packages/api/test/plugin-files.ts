import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Source of a plugin module without imports; `more` goes into its definition. */
export function pluginModule(name: string, more = ''): string {
  const plugin = `{ name: '${name}', version: '0.3.0', kernel: '^2', ${more} }`;
  return `const plugin = ${plugin};\nexport default Object.assign((options) => ({ plugin, options }), { plugin });\n`;
}

/** Writes files below a folder. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/**
 * Writes a package with the keyword into `node_modules` below a folder. `manifest` overrides fields of its
 * package.json.
 */
export function writePackage(directory: string, name: string, code: string, manifest: object = {}): void {
  const said = { name, version: '0.3.0', type: 'module', keywords: ['branchline-plugin'], ...manifest };
  const folder = join(directory, 'node_modules', name);
  writeFiles(folder, { 'package.json': JSON.stringify(said), 'index.js': code });
}
