import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import '../src/index.js';
import { BACKEND, type Recorder } from '../src/recorder.js';
import { registerKernels } from '../src/register-kernels.js';
import { record } from '../src/trace.js';
import { everything } from './cases/everything.js';
import { cases } from './cases/index.js';

/** What a kernel did while all cases were recorded. */
interface Seen {
  /** Appended operators. */
  readonly operators: Set<string>;
  /** Types of its arguments. */
  readonly dtypes: Set<string>;
}

/** Records what every kernel does, until `restore` is called. */
function watchKernels() {
  registerKernels();
  const seen = new Map<string, Seen>();
  const originals = tf.getKernelsForBackend(BACKEND);
  const replace = (config: tf.KernelConfig) => {
    tf.unregisterKernel(config.kernelName, BACKEND);
    tf.registerKernel(config);
  };
  for (const config of originals) {
    replace({
      ...config,
      kernelFunc: (call) => {
        const { nodes } = (call.backend as Recorder).graph;
        const before = nodes.length;
        const result = config.kernelFunc(call);
        const own = seen.get(config.kernelName) ?? { operators: new Set(), dtypes: new Set() };
        for (const { op } of nodes.slice(before)) own.operators.add(op);
        for (const input of Object.values(call.inputs)) if (input) own.dtypes.add(input.dtype);
        seen.set(config.kernelName, own);
        return result;
      },
    });
  }
  return { seen, restore: () => originals.forEach(replace) };
}

/** Records every case and returns what its kernel did. Throws for a case that does not call its kernel. */
export function observeKernels(): ReadonlyMap<string, Seen> {
  const { seen, restore } = watchKernels();
  const all = new Map<string, Seen>();
  try {
    for (const { kernel, call, values, slopes } of cases) {
      seen.clear();
      for (const [arbitrary, gradients] of [
        [values, false],
        [slopes, true],
      ] as const) {
        if (!arbitrary) continue;
        for (const sample of fc.sample(arbitrary, { seed: 1, numRuns: 10 })) {
          record(everything(sample, gradients), sample.args);
        }
      }
      const own = seen.get(kernel);
      if (!own) throw new Error(`the case tf.${call} does not call the kernel ${kernel}`);
      const known = all.get(kernel) ?? { operators: new Set(), dtypes: new Set() };
      for (const op of own.operators) known.operators.add(op);
      for (const dtype of own.dtypes) known.dtypes.add(dtype);
      all.set(kernel, known);
    }
  } finally {
    restore();
  }
  return all;
}

const listed = (values: Iterable<string>) => [...values].sort().join(', ');

/** Table of covered kernels in Markdown, generated from the cases. */
export function kernelTable(): string {
  const rows = [...observeKernels()]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([kernel, { operators, dtypes }]) => {
      const own = cases.filter((one) => one.kernel === kernel);
      const calls = [...new Set(own.map(({ call }) => `\`${call}\``))].join(', ');
      const gradient = tf.getGradient(kernel) === undefined ? '' : 'yes';
      const notes = [...new Set(own.flatMap(({ note }) => note ?? []))].join('; ');
      return `| ${[kernel, calls, listed(dtypes), listed(operators) || 'none', gradient, notes].join(' | ')} |`;
    });
  const head = '| kernel | `tf.` | types | operators of ONNX | gradient | notes |\n|---|---|---|---|---|---|';
  return [head, ...rows].join('\n');
}

const PART = /(?<=<!-- kernels: [^>]*-->\n)[\s\S]*?(?=\n<!-- end of kernels -->)/;

/** A text with an updated table. */
export function withKernelTable(text: string): string {
  if (!PART.test(text)) throw new Error('the markers of the kernel table are missing');
  return text.replace(PART, () => kernelTable());
}
