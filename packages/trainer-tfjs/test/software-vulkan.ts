import { existsSync } from 'node:fs';
import { lookAtGraphics, whyNoGpu } from '../src/graphics.js';

/**
 * Drivers of Vulkan that compute on the processor and have all that WebGPU asks for. SwiftShader comes with Chromium.
 */
const SOFTWARE = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json'];

/**
 * Takes a software driver where there is no GPU, and none was chosen by the caller. To be called before the first
 * session.
 */
export function useSoftwareVulkan(): void {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES || whyNoGpu(lookAtGraphics()) === undefined) return;
  const found = SOFTWARE.find((path) => existsSync(path));
  if (found !== undefined) process.env.VK_ICD_FILENAMES = found;
}
