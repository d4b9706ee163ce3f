import type { RandomStream } from '@branchline/core';

/** Fills an array with standard normal numbers (Box and Muller, 1958). */
export function fillNormal(values: Float64Array, random: RandomStream): Float64Array {
  for (let i = 0; i < values.length; i += 2) {
    // 1 - u is in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}
