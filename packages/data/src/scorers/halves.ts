import type { Digest } from '@branchline/core';

/**
 * The half, 0 or 1, that a digest belongs to: models of one half score the texts of the other, which they have not
 * seen. By the end of the digest, because a sample has the texts whose digests begin lowest.
 */
export function halfOf(digest: Digest): number {
  return digest.at(-1)! < '8' ? 0 : 1;
}
