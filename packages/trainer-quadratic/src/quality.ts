import type { SequenceSource } from '@branchline/core';

/** Quality of sequences: the share of their targets that are not noise tokens (`first` to `last`). */
export function qualitiesOf(
  data: SequenceSource,
  ids: Uint32Array,
  [first, last]: readonly [number, number],
): Float64Array {
  const tokens = data.read(ids);
  const length = data.context + 1;
  return Float64Array.from(ids, (_, row) => {
    let noise = 0;
    for (let place = 1; place < length; place++) {
      const token = tokens[row * length + place]!;
      if (token >= first && token <= last) noise++;
    }
    return 1 - noise / data.context;
  });
}
