import { describe, expect, it } from 'vitest';
import { transferOf } from './transfer.js';

/** Rows are releases, columns are held-out texts of versions. */
const matrix = [
  [3.0, 4.0, 5.0],
  [3.5, 2.0, 4.5],
  [3.25, 2.75, 1.0],
];

describe('forgetting and transfer', () => {
  it('match values computed by hand', () => {
    // Forgetting: (3.25 - 3) and (2.75 - 2). Forward: text 2 before training on it (4), and text 3 (4.5).
    expect(transferOf(matrix)).toEqual({ forgetting: 0.5, backwardTransfer: 0.5, forwardTransfer: 4.25 });
    expect(transferOf(matrix.slice(0, 2))).toEqual({ forgetting: 0.5, backwardTransfer: 0.5, forwardTransfer: 4 });
  });

  it('differ when the loss on a text was lowest later than its own version', () => {
    const later = [
      [3, 1, 1],
      [2, 1, 1],
      [2.5, 1, 1],
    ];
    // The loss on text 1 is lowest after version 2, and still lower than after version 1; text 2 does not change.
    expect(transferOf(later)).toEqual({ forgetting: 0.25, backwardTransfer: -0.25, forwardTransfer: 1 });
  });

  it('count improvements as negative', () => {
    const gained = [
      [3, 3],
      [2, 2],
    ];
    expect(transferOf(gained)).toMatchObject({ forgetting: -1, backwardTransfer: -1 });
  });

  it('are undefined for a first release', () => {
    expect(transferOf(matrix.slice(0, 1))).toBeUndefined();
  });
});
