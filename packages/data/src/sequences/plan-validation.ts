import type { Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ValidationSource } from '../config/schema.js';
import { allRows } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';
import { apportion } from './apportion.js';
import { chooseSequences, divideIntoStreams, type PackStream } from './pack.js';

/**
 * Decides which sequences of the validation sets are written, set by set: all, or `sequences` of a set, spread over its
 * domains. The `version` of a stream is the index of its set.
 */
export async function planValidation(
  catalog: DuckDBConnection,
  sets: readonly ValidationSource[],
  context: number,
  problems: Problem[],
): Promise<readonly PackStream[]> {
  if (sets.length === 0) return [];
  const rows = await allRows<[number, string, number, number]>(
    catalog,
    'SELECT source, domain, count(*)::DOUBLE, sum(tokens)::DOUBLE FROM validation_pieces GROUP BY source, domain',
  );
  return sets.flatMap(({ name, sequences }, version): readonly PackStream[] => {
    const own = rows.filter(([source]) => source === version);
    const texts = own
      .map(([, domain, documents, tokens]) => ({ split: 'validation' as const, version, domain, documents, tokens }))
      .sort((a, b) => byText(a.domain, b.domain));
    const streams = divideIntoStreams(texts, context);
    const available = streams.flat().map((group) => group.available);
    const total = available.reduce((sum, count) => sum + count, 0);
    if (total === 0) {
      const tokens = texts.reduce((sum, text) => sum + text.tokens, 0);
      problems.push({
        configPath: `data.evaluation[${version}].files`,
        message: `the validation set "${name}" has ${tokens} tokens, which fill no sequence of ${context}`,
        remedy: "Add text, or make the model's context shorter.",
      });
    }
    const counts = apportion(sequences ?? total, available, available);
    let next = 0;
    return chooseSequences(streams, () => counts[next++]!);
  });
}
