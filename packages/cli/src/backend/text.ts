/** Output of `backend`, as text or JSON. */
import type { InstalledBackend } from '@branchline/trainer-tfjs';
import { printable } from '../ui/printable.js';
import { styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';
import type { Environment } from './environments.js';
import type { Step } from './plan.js';

/** How an installed backend is printed. */
export interface Printing {
  /** Whether it was built just now. */
  readonly isNew: boolean;
  readonly json: boolean;
  /** The value that BRANCHLINE_HOME needs, if the folder is not the default. */
  readonly home?: string | undefined;
}

/** The installed backend. */
export function installedText(backend: InstalledBackend, { isNew, json, home }: Printing): string {
  if (json) return JSON.stringify({ installed: asJson(backend), isNew }, null, 2);
  const { tensorflow, folder, libraries } = backend;
  const setting = home === undefined ? '' : `BRANCHLINE_HOME=${home} `;
  const lines = [
    `${isNew ? 'Installed' : 'Nothing to do: there is'} TensorFlow ${tensorflow} for ${kindOf(backend)}`,
    `  in ${folder}`,
    `  with the libraries in ${libraries}`,
    `Use it with trainer: tfjs({ engine: 'eager', backend: 'tensorflow' }); ${setting}npx branchline doctor shows it.`,
  ];
  return printable(lines.join('\n'));
}

/** The steps that would run. */
export function planText(steps: readonly Step[], backends: string, json: boolean): string {
  if (json) return JSON.stringify({ folder: backends, steps }, null, 2);
  const { bold } = styleFor(process.stdout);
  const lines = steps.flatMap(({ title, commands }, index) => [
    `${index + 1}. ${bold(title)}`,
    ...commands.map((command) => `   ${printable(command.join(' '))}`),
  ]);
  return [...lines, `Then the folder is renamed to its name in ${printable(backends)}. Nothing was done.`].join('\n');
}

/** All backends. */
export function listText(
  backends: readonly InstalledBackend[],
  { torch, olmoCore }: { readonly torch?: Environment | undefined; readonly olmoCore?: Environment | undefined },
  folder: string,
  json: boolean,
): string {
  if (json) {
    const found = { folder, backends: backends.map(asJson), torch: torch ?? null, olmoCore: olmoCore ?? null };
    return JSON.stringify(found, null, 2);
  }
  if (backends.length === 0 && torch === undefined && olmoCore === undefined) {
    return `None in ${printable(folder)}. Add one with: npx branchline backend install torch (or olmo-core, tensorflow)`;
  }
  const style = styleFor(process.stdout);
  const rows = backends.map((backend) => [
    ...[`tensorflow ${printable(backend.tensorflow)}`, kindOf(backend), printable(backend.tfjs)],
    printable(backend.folder),
    backend.refusal === undefined ? 'usable' : style.red(`not usable: ${printable(backend.refusal)}`),
  ]);
  for (const [name, found] of [[`torch ${torch?.torch}`, torch] as const, [olmoCore?.library, olmoCore] as const]) {
    if (found !== undefined) rows.push([printable(name!), kindOf(found), '-', printable(found.folder), 'usable']);
  }
  return table(['backend', 'for', 'TensorFlow.js', 'folder', ''], rows, style, [], [3, 4]);
}

/** The removed backends. */
export function removedText(backends: readonly InstalledBackend[], folder: string, json: boolean): string {
  if (json) return JSON.stringify({ folder, removed: backends.map(asJson) }, null, 2);
  if (backends.length === 0) return `Nothing to remove in ${printable(folder)}.`;
  return backends.map((backend) => `removed ${printable(backend.folder)}`).join('\n');
}

const kindOf = ({ cuda }: Pick<InstalledBackend, 'cuda'>) => (cuda ? 'CUDA' : 'CPU');

/** Absent values become null. */
const asJson = (backend: InstalledBackend) => ({ ...backend, refusal: backend.refusal ?? null });
