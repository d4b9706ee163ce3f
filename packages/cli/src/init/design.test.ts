import type { FolderSurvey } from '@branchline/data';
import { flopsPerToken, parameterCount } from '@branchline/model';
import { expect, it } from 'vitest';
import { designTraining, designVersions, domainField, MODELS, tokensTrained } from './design.js';

const KB = 1000;
const file = (name: string, bytes: number, format: 'text' | 'jsonl' = 'text') => ({ name, bytes, format });
const survey = (more: Partial<FolderSurvey>): FolderSurvey => ({
  files: [],
  skippedFiles: [],
  format: 'text',
  ...more,
});

/** A field with values of the same size. */
const field = (name: string, values: readonly string[], bytes = 50 * KB) => ({
  ...{ name, length: 7, distinct: values.length },
  values: values.map((value) => ({ value, bytes })),
});
const documents = (...fields: NonNullable<FolderSurvey['documents']>['fields']) =>
  survey({ format: 'jsonl', documents: { documents: 300, text: 'body', bytes: 200 * KB, fields } });

it('versions are by a field with dates, if there are neither too many nor too small ones', () => {
  const months = ['2026-08', '2026-09', '2026-10'];
  const site = field('site', ['docs', 'blog']);
  expect(designVersions(documents(site, field('month', months)))).toEqual({
    ...{ by: 'field', field: 'month', names: months, bytes: 50 * KB },
  });
  expect(
    domainField(documents(field('month', months), site), { by: 'field', field: 'month', names: months, bytes: 1 }),
  ).toBe('site');
  const random = { by: 'random', count: 4, bytes: 50 * KB };
  expect(designVersions(documents(site))).toEqual(random);
  expect(designVersions(documents(field('month', months, 5 * KB)))).toEqual(random);
  expect(
    designVersions(
      documents(
        field(
          'day',
          Array.from({ length: 30 }, (_, day) => `2026-08-${10 + day}`),
        ),
      ),
    ),
  ).toEqual(random);
  expect(domainField(documents(field('year', ['1', '2'])), { by: 'random', count: 4, bytes: 1 })).toBeUndefined();
});

it('versions are by the shortest period of dates that has enough text', () => {
  const days = (count: number) =>
    Array.from({ length: count }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10));
  expect(designVersions(documents(field('date', days(90), KB)))).toEqual({
    ...{ by: 'field', field: 'date', period: 'month', names: ['2026-01', '2026-02', '2026-03'], bytes: 28 * KB },
  });
  expect(designVersions(documents(field('date', days(700), KB)))).toMatchObject({ period: 'quarter' });
  expect(designVersions(documents(field('date', [...days(90), 'soon'], KB)))).toMatchObject({ by: 'random' });
});

it('versions are by dated files or folders, oldest first, else at random', () => {
  const dated = [file('2026-10/a.txt', 30 * KB), file('2026-09.txt', 40 * KB), file('2026-10/b.txt', 30 * KB)];
  expect(designVersions(survey({ files: dated }))).toEqual({
    ...{ by: 'source', names: ['2026-09.txt', '2026-10'], bytes: 40 * KB },
  });
  expect(designVersions(survey({ files: [...dated, file('readme.txt', 1)] }))).toMatchObject({
    by: 'random',
    count: 4,
  });
  expect(designVersions(survey({ files: [file('a.txt', 30 * KB)] }))).toEqual({
    by: 'random',
    count: 2,
    bytes: 15 * KB,
  });
  expect(designVersions(survey({ files: [file('a.txt', 20 * KB)] }))).toBeUndefined();
});

it('the model grows with text and time, and training fits into the time', () => {
  const sizes: number[] = [];
  for (const seconds of [5, 60, 600, 36_000]) {
    const versions = { by: 'random', count: 4, bytes: 1e9 } as const;
    const { model, tokens, seconds: taken } = designTraining(versions, seconds, 2e10);
    sizes.push(parameterCount(model));
    expect(taken).toBeLessThan(seconds);
    expect(taken).toBeCloseTo((tokens * tokensTrained(4) * flopsPerToken(model)) / 2e10, 6);
    expect(tokens % model.context).toBe(0);
  }
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  expect(sizes.at(-1)).toBeGreaterThan(sizes[0]!);
  const little = designTraining({ by: 'random', count: 2, bytes: 15 * KB }, 3600, 2e10);
  expect(little.model).toBe(MODELS[0]);
  expect(little.tokens).toBeLessThan(15 * KB);
});
