/** GPUs, as far as the operating system and its drivers report them without additional packages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProbe } from './probe.js';

/** A GPU. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number | null;
  readonly driver: string | null;
}

/** A Vulkan device. The WebGPU provider uses these on Linux. */
export interface VulkanDevice {
  readonly name: string;
  /** Whether it renders on the CPU, slower than the CPU engines. */
  readonly software: boolean;
}

/** What was found; for an empty list, why. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly silence: string | null;
}

/** Parses `nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits`. */
export function parseNvidiaSmi(output: string): readonly Gpu[] {
  const rows = output.trim().split('\n').filter(Boolean);
  return rows.map((row) => {
    const [name = '', memory = '', driver = ''] = row.split(',').map((cell) => cell.trim());
    // With unified memory, nvidia-smi prints [N/A].
    const mebibytes = Number.parseInt(memory, 10);
    return { name, memoryBytes: Number.isNaN(mebibytes) ? null : mebibytes * 2 ** 20, driver: driver || null };
  });
}

/** Parses the model from an `information` file of NVIDIA's kernel driver. */
export function parseNvidiaInformation(text: string): Gpu {
  const name = /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? 'NVIDIA GPU';
  return { name, memoryBytes: null, driver: null };
}

/** Parses devices from the output of `vulkaninfo --summary`. */
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

/** Names a DRM card by its PCI ids; undefined for vendors without GPUs for training. */
export function nameCard(vendor: string, device: string): Gpu | undefined {
  const maker = VENDORS[vendor.trim()];
  if (maker === undefined) return undefined;
  return { name: `${maker} (PCI device ${device.trim()})`, memoryBytes: null, driver: null };
}

/** Finds GPUs: with nvidia-smi, in files of NVIDIA's driver, among the kernel's DRM cards. */
export async function findGpus(): Promise<Found<Gpu>> {
  const query = '--query-gpu=name,memory.total,driver_version';
  const answer = await runProbe('nvidia-smi', query, '--format=csv,noheader,nounits');
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

/** Finds Vulkan devices. */
export async function findVulkan(): Promise<Found<VulkanDevice>> {
  const answer = await runProbe('vulkaninfo', '--summary');
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

/** Contents of `files` in each subfolder of `directory` that has all of them; empty if it does not exist. */
function files(directory: string, ...paths: readonly ((name: string) => readonly string[])[]): readonly string[][] {
  const names = attempt(() => readdirSync(directory).sort()) ?? [];
  return (
    names
      // `card0-DP-1` is a connector of `card0`; `renderD128` is the same device.
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
