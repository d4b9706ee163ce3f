import { expect, it } from 'vitest';
import { type Graphics, lookAtGraphics, whyNoGpu } from './graphics.js';

const on = (platform: Graphics['platform']): Graphics => ({ platform, drivers: [], makers: [], nvidia: false });
const linux = (drivers: string[], makers: string[], nvidia = false): Graphics => ({
  ...{ platform: 'linux', drivers, makers, nvidia },
});

it.each([
  [linux(['nvidia_icd.json', 'lvp_icd.x86_64.json'], [], true)],
  [linux(['radeon_icd.x86_64.json'], ['0x1002'])],
  [linux(['intel_icd.x86_64.json'], ['0x8086', '0x10de'])],
  [linux(['asahi_icd.aarch64.json'], ['0x106b'])],
  [on('darwin')],
])('a driver for a card that is there means a graphics processor: %o', (graphics) => {
  expect(whyNoGpu(graphics)).toBeUndefined();
});

it.each([
  [linux(['intel_icd.x86_64.json', 'radeon_icd.x86_64.json', 'lvp_icd.x86_64.json'], []), 'no graphics processor'],
  [linux(['lvp_icd.x86_64.json'], [], true), 'no Vulkan driver for the graphics processor is installed (found: lvp'],
  [linux(['vk_swiftshader_icd.json'], ['0x8086']), 'no Vulkan driver'],
  [linux(['intel_icd.x86_64.json'], [], true), 'no Vulkan driver'],
  [linux([], ['0x1002']), '(found: none)'],
  [on('win32'), 'this system does not show'],
])('software, or a card without its driver, is no graphics processor: %o', (graphics, reason) => {
  expect(whyNoGpu(graphics)).toContain(reason);
});

it('a driver that the user has chosen is the only one', () => {
  expect(lookAtGraphics({ VK_ICD_FILENAMES: '/a/lvp_icd.json:/b/nvidia_icd.json' }).drivers).toEqual([
    'lvp_icd.json',
    'nvidia_icd.json',
  ]);
  expect(lookAtGraphics({ XDG_DATA_DIRS: '/nowhere' }).platform).toBe(process.platform);
});
