/**
 * The quick experiment at a tiny size: its six strategies, a model of a few thousand parameters, 24 steps a version,
 * and averages of two checkpoints, because each is a job on a cluster.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const QUICK = fileURLToPath(new URL('../../../examples/quick.config.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Writes it to `tiny.config.ts` in a folder; `change` replaces keys of the experiment. */
export function writeTinyQuick(directory: string, versions: number, change: object = {}): void {
  const experiment = {
    name: 'tiny',
    model: { layers: 1, width: 16, heads: 2, context: 32 },
    training: { batch: 4, lr: { peak: 4e-3, warmup: 3, minRatio: 0.1 } },
    ...change,
  };
  const lines = [
    `import quick, { textOf } from ${JSON.stringify(QUICK)};`,
    `const text = textOf(${JSON.stringify(ROOT)});`,
    `const [sources] = text.sources;`,
    'const data = {',
    '  ...text,',
    `  sources: [{ ...sources, bytesPerDomain: '100kB' }],`,
    `  versions: { by: 'random', count: ${versions}, tokens: 3072 },`,
    '  heldOut: { sequences: 8 },',
    '  evaluation: [{ ...text.evaluation[0], sequences: 40 }],',
    '};',
    'const averaged = (use) => use.plugin.name === "model-averaging" ? { ...use, options: { ...use.options, last: 2 } } : use;',
    'const strategies = Object.entries(quick.strategies).map(([name, uses]) => [name, uses.map(averaged)]);',
    `export default { ...quick, data, strategies: Object.fromEntries(strategies), ...${JSON.stringify(experiment)} };`,
  ];
  writeFileSync(join(directory, 'tiny.config.ts'), lines.join('\n'));
}
