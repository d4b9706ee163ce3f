import { existsSync } from 'node:fs';
import { lookAtGraphics, whyNoGpu } from '../src/graphics.js';

/**
 * Software Vulkan drivers that have everything WebGPU needs. SwiftShader comes with Chromium.
 */
const SOFTWARE = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json'];

/**
 * Selects a software driver if there is no GPU and the caller has chosen no driver. Call it before the first session.
 */
export function useSoftwareVulkan(): void {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES || whyNoGpu(lookAtGraphics()) === undefined) return;
  const found = SOFTWARE.find((path) => existsSync(path));
  if (found !== undefined) process.env.VK_ICD_FILENAMES = found;
}
