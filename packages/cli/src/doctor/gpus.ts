/** Graphics processors as far as they can be seen without any package: by what the system and its drivers tell. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from './probe.js';

/** A graphics processor. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number | null;
  readonly driver: string | null;
}

/** A device that Vulkan offers, which is what the WebGPU provider computes on under Linux. */
export interface VulkanDevice {
  readonly name: string;
  /** Computes on the processor: slower than the engines for it. */
  readonly software: boolean;
}

/** What was found, and for an empty list why. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly silence: string | null;
}

/** Lines of `nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits`. */
export function parseNvidiaSmi(output: string): readonly Gpu[] {
  const rows = output.trim().split('\n').filter(Boolean);
  return rows.map((row) => {
    const [name = '', memory = '', driver = ''] = row.split(',').map((cell) => cell.trim());
    // Where memory is shared with the processor, it says [N/A].
    const mebibytes = Number.parseInt(memory, 10);
    return { name, memoryBytes: Number.isNaN(mebibytes) ? null : mebibytes * 2 ** 20, driver: driver || null };
  });
}

/** The model in an `information` file of NVIDIA's kernel driver. */
export function parseNvidiaInformation(text: string): Gpu {
  const name = /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? 'NVIDIA GPU';
  return { name, memoryBytes: null, driver: null };
}

/** Devices in the output of `vulkaninfo --summary`. */
export function parseVulkanSummary(output: string): readonly VulkanDevice[] {
  return output
    .split(/^GPU\d+:/m)
    .slice(1)
    .map((block) => {
      const field = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*(.+)$`, 'm').exec(block)?.[1]?.trim() ?? '';
      return { name: field('deviceName'), software: field('deviceType') === 'PHYSICAL_DEVICE_TYPE_CPU' };
    });
}

const VENDORS: Readonly<Record<string, string>> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };

/** A card of the kernel's graphics subsystem by its numbers; undefined for makers that make no GPU to train on. */
export function nameCard(vendor: string, device: string): Gpu | undefined {
  const maker = VENDORS[vendor.trim()];
  if (maker === undefined) return undefined;
  return { name: `${maker} (PCI device ${device.trim()})`, memoryBytes: null, driver: null };
}

/** Looks for graphics processors: with NVIDIA's tool, in its driver's files, among the kernel's cards. */
export async function findGpus(): Promise<Found<Gpu>> {
  const query = '--query-gpu=name,memory.total,driver_version';
  const answer = await ask('nvidia-smi', query, '--format=csv,noheader,nounits');
  const found = 'output' in answer ? parseNvidiaSmi(answer.output) : [];
  if (found.length > 0) return { found, silence: null };
  const others = [
    ...files('/proc/driver/nvidia/gpus', (name) => [name, 'information']).map(([text]) =>
      parseNvidiaInformation(text!),
    ),
    ...cards(),
  ];
  const tool = 'silence' in answer ? answer.silence : 'nvidia-smi lists none';
  return { found: others, silence: others.length > 0 ? null : `${tool}, and the kernel knows none` };
}

/** Looks for what Vulkan offers. */
export async function findVulkan(): Promise<Found<VulkanDevice>> {
  const answer = await ask('vulkaninfo', '--summary');
  if ('silence' in answer) return { found: [], silence: answer.silence };
  const found = parseVulkanSummary(answer.output);
  return { found, silence: found.length > 0 ? null : 'vulkaninfo lists no device' };
}

function cards(): readonly Gpu[] {
  const numbers = files(
    '/sys/class/drm',
    (name) => [name, 'device', 'vendor'],
    (name) => [name, 'device', 'device'],
  );
  return numbers.flatMap(([vendor, device]) => nameCard(vendor!, device!) ?? []);
}

/** The texts of some files in each folder of `directory` that has all of them; none where it does not exist. */
function files(directory: string, ...paths: readonly ((name: string) => readonly string[])[]): readonly string[][] {
  const names = attempt(() => readdirSync(directory).sort()) ?? [];
  return (
    names
      // `card0-DP-1` is a connector of `card0`, `renderD128` another face of it.
      .filter((name) => !/^(?:card\d+-|renderD)/.test(name))
      .flatMap((name) => {
        const texts = attempt(() => paths.map((path) => readFileSync(join(directory, ...path(name)), 'utf8')));
        return texts === undefined ? [] : [texts];
      })
  );
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
