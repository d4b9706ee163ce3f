/** Agreement of scorers with the known quality. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rankCorrelation } from '@branchline/comparison';
import type { Results } from '@branchline/evaluation';

/**
 * Spearman's rank correlation between the scores of two corpora of the same text, over documents that are trained on.
 * `cache` is the folder of prepared corpora. Null if one of them no longer exists.
 */
export function agreementOf(cache: string, [known, scored]: readonly [Results, Results]): number | null {
  const [first, second] = [known, scored].map(({ data }) => scoresOf(cache, data.digest));
  if (first === undefined || second === undefined) return null;
  const both = [...first].flatMap(([text, score]) => (second.has(text) ? [[score, second.get(text)!] as const] : []));
  return rankCorrelation(
    both.map(([score]) => score),
    both.map(([, score]) => score),
  );
}

/** Scores by digest of the text. */
function scoresOf(cache: string, digest: string): ReadonlyMap<string, number> | undefined {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const manifest = join(cache, name, 'manifest.json');
    const read = existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as Manifest) : undefined;
    if (read?.digest !== digest) continue;
    const files = read.documents.map((shard) => join(cache, 'shards', shard.digest));
    if (!files.every((file) => existsSync(file))) continue;
    const lines = files.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'));
    const found = lines.map((line) => JSON.parse(line) as { digest: string; split?: string; score?: number });
    return new Map(
      found.flatMap(({ digest: text, split, score }) =>
        split === 'train' && score !== undefined ? [[text, score] as const] : [],
      ),
    );
  }
  return undefined;
}

/** The part of a corpus's manifest that names its lists of documents. */
interface Manifest {
  readonly digest: string;
  readonly documents: readonly { readonly digest: string }[];
}
