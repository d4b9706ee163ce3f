/** Detects the hardware behind Vulkan without loading a driver. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

/** Vulkan drivers and graphics cards of the system. */
export interface Graphics {
  readonly platform: NodeJS.Platform;
  /** Names of driver manifests, e.g. `nvidia_icd.json`. */
  readonly drivers: readonly string[];
  /** PCI vendor ids of the graphics cards that can render, e.g. `0x1002`. */
  readonly makers: readonly string[];
  /** Whether NVIDIA's kernel driver has a device. */
  readonly nvidia: boolean;
}

/** Vendor id of the cards that each driver serves. */
const DRIVERS: readonly (readonly [driver: RegExp, maker: string])[] = [
  [/nvidia|nouveau/, '0x10de'],
  [/radeon|amd/, '0x1002'],
  [/intel/, '0x8086'],
];
const SOFTWARE = /lvp|swiftshader|llvmpipe|mock/;

/** Why WebGPU has no GPU here, or why that is unknown; undefined if it has one. */
export function whyNoGpu({ platform, drivers, makers, nvidia }: Graphics): string | undefined {
  // Metal has no software driver.
  if (platform === 'darwin') return undefined;
  if (platform !== 'linux') return 'this system does not show whether WebGPU has a graphics processor';
  const cards = nvidia ? [...makers, '0x10de'] : makers;
  if (cards.length === 0) return 'the system has no graphics processor';
  const real = drivers.filter((name) => !SOFTWARE.test(name));
  const served = real.some((name) => {
    const known = DRIVERS.find(([driver]) => driver.test(name));
    return known === undefined || cards.includes(known[1]);
  });
  if (served) return undefined;
  return `no Vulkan driver for the graphics processor is installed (found: ${drivers.join(', ') || 'none'})`;
}

/** Reads drivers and cards of the system. Complete on Linux only. */
export function lookAtGraphics(environment: NodeJS.ProcessEnv = process.env): Graphics {
  const makers = list('/sys/class/drm')
    .filter((name) => name.startsWith('renderD'))
    .flatMap((name) => read(join('/sys/class/drm', name, 'device', 'vendor'))?.trim() ?? []);
  return { platform: process.platform, drivers: manifests(environment), makers, nvidia: existsSync('/dev/nvidiactl') };
}

/** Driver manifests in the folders that the Vulkan loader searches. */
function manifests(environment: NodeJS.ProcessEnv): readonly string[] {
  const forced = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (forced) return forced.split(delimiter).map((path) => basename(path));
  const data = (environment.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(delimiter);
  return ['/etc', ...data].flatMap((folder) => list(join(folder, 'vulkan', 'icd.d')));
}

/** Name of the first graphics processor that NVIDIA's driver lists. */
export function graphicsProcessor(): string | undefined {
  const folder = '/proc/driver/nvidia/gpus';
  const [first] = list(folder);
  if (first === undefined) return undefined;
  return /^Model:\s*(.+)$/m.exec(read(join(folder, first, 'information')) ?? '')?.[1]?.trim();
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
