import { type EngineFinding, findEngines } from './engines.js';
import { type Found, findGpus, findVulkan, type Gpu, type VulkanDevice } from './gpus.js';
import { lookAtMachine, type Machine } from './machine.js';
import type { Measurement } from './measure.js';
import { findPython, listPackages, listProviders, type Package, type Providers, type Python } from './packages.js';
import { findOlmoCoreTrainer, findTorch, type TorchFinding } from './torch.js';

/** All findings of `doctor`, as printed by `--json`. */
export interface Report {
  readonly branchline: string;
  readonly machine: Machine;
  readonly gpus: Found<Gpu>;
  readonly vulkan: Found<VulkanDevice>;
  readonly packages: readonly Package[];
  readonly onnxRuntimeProviders: Providers;
  readonly python: Python | null;
  /** In the order in which `auto` tries them. */
  readonly engines: readonly EngineFinding[];
  /** The torch trainer, which an experiment names: `trainer: torch`. */
  readonly torch: TorchFinding;
  /** The OLMo-core trainer: `trainer: olmo-core`. */
  readonly olmoCore: TorchFinding;
  /** The engine that `auto` selects, with the reason; null if none works. */
  readonly auto: { readonly engine: string; readonly why: string } | null;
  /** Missing software, each with the command that installs it. */
  readonly missing: readonly { readonly what: string; readonly remedy: string }[];
  /** Null without `--measure`. */
  readonly measured: Measurement | null;
}

/** Collects all findings. Does not reject if something is missing. */
export async function examine(branchline: string): Promise<Report> {
  const [machine, gpus, vulkan, providers, python] = await Promise.all([
    lookAtMachine(),
    findGpus(),
    findVulkan(),
    listProviders(),
    findPython(),
  ]);
  const engines = await findEngines();
  const torch = await findTorch();
  const olmoCore = await findOlmoCoreTrainer();
  const missing = [...engines, { name: 'trainer: torch', ...torch }, { name: 'trainer: olmo-core', ...olmoCore }];
  return {
    branchline,
    ...{ machine, gpus, vulkan },
    packages: listPackages(),
    onnxRuntimeProviders: providers,
    ...{ python, engines, torch, olmoCore },
    auto: explainAuto(engines),
    missing: missing.flatMap(({ name, remedy }) => (remedy === null ? [] : [{ what: name, remedy }])),
    measured: null,
  };
}

/** The engine that `auto` selects, and why not those before it. */
export function explainAuto(engines: readonly EngineFinding[]): Report['auto'] {
  const at = engines.findIndex(({ auto }) => auto);
  if (at === -1) return null;
  const before = engines.slice(0, at);
  if (before.length === 0) return { engine: engines[at]!.name, why: 'it is the first that auto tries' };
  const reasons = before.map(({ name, works }) => `${name} ${works ? 'is passed over' : 'does not work here'}`);
  return { engine: engines[at]!.name, why: `it is the first that fits: ${reasons.join(', ')}` };
}
