/** The release of the first version of strategy `a`, as the kernel announces it. */
export const RELEASE = {
  type: 'release',
  strategy: 'a',
  seed: 1,
  version: 1,
  path: 'main',
  position: 40,
  checkpoint: '',
  loss: 1,
  reused: false,
} as const;
