import { describe, expect, it } from 'vitest';
import { transferOf } from './transfer.js';

/** Rows are releases, columns the texts of the versions. */
const matrix = [
  [3.0, 4.0, 5.0],
  [3.5, 2.0, 4.5],
  [3.25, 2.75, 1.0],
];

describe('forgetting and transfer', () => {
  it('are what they are by hand', () => {
    // Forgetting: (3.25 - 3) and (2.75 - 2). Forward: text 2 before it came (4), and text 3 (4.5).
    expect(transferOf(matrix)).toEqual({ forgetting: 0.5, backwardTransfer: 0.5, forwardTransfer: 4.25 });
    expect(transferOf(matrix.slice(0, 2))).toEqual({ forgetting: 0.5, backwardTransfer: 0.5, forwardTransfer: 4 });
  });

  it('differ where a text was best known later than it came', () => {
    const later = [
      [3, 1, 1],
      [2, 1, 1],
      [2.5, 1, 1],
    ];
    // Text 1 is best after version 2, and still better than after version 1; text 2 stays as it is.
    expect(transferOf(later)).toEqual({ forgetting: 0.25, backwardTransfer: -0.25, forwardTransfer: 1 });
  });

  it('count what a release gained as negative', () => {
    const gained = [
      [3, 3],
      [2, 2],
    ];
    expect(transferOf(gained)).toMatchObject({ forgetting: -1, backwardTransfer: -1 });
  });

  it('are not asked of a first release', () => {
    expect(transferOf(matrix.slice(0, 1))).toBeUndefined();
  });
});
