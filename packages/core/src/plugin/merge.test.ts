import { expect, test } from 'vitest';
import { versionFields } from '../spec/fields.js';
import { conflictProblems, mergeParts } from './merge.js';

const owner = (name: string) => ({ kind: 'plugin' as const, name, configPath: `strategies.s[${name}]` });
const merge = (parts: Record<string, object>, overrides = {}) =>
  mergeParts(
    versionFields,
    Object.entries(parts).map(([name, part]) => ({ owner: owner(name), part })),
    overrides,
    'strategies.s',
  );

test('parts with different fields merge into one spec, and every field knows its owner', () => {
  const { fields, problems } = merge({
    a: { lr: { minRatio: 0.5 }, forks: ['x'] },
    b: { lr: { peak: 1 }, order: undefined },
  });
  expect(problems).toEqual([]);
  expect(
    [...fields].map(
      ([
        name,
        {
          value,
          owner: { name: by },
        },
      ]) => [name, value, by],
    ),
  ).toEqual([
    ['lr.minRatio', 0.5, 'a'],
    ['forks', ['x'], 'a'],
    ['lr.peak', 1, 'b'],
  ]);
});

test('a field with two owners is one problem that names both, their fields and their config paths', () => {
  const both = { lr: { minRatio: 0.5, peak: 1 } };
  const problems = conflictProblems(merge({ a: both, b: both }).conflicts, 'strategies.s');
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ plugin: 'b', configPath: 'strategies.s[b]' });
  expect(problems[0]!.message).toMatch(/lr\.minRatio, lr\.peak.*plugin a \(strategies\.s\[a\]\)/);
  expect(problems[0]!.remedy).toContain("strategies.s: { plugins: [...], overrides: { 'lr.minRatio'");
});

test('overrides resolve a conflict and own the field', () => {
  const { fields, conflicts } = merge(
    { a: { lr: { minRatio: 0.5 } }, b: { lr: { minRatio: 0.2 } } },
    { 'lr.minRatio': 0.3 },
  );
  expect(conflicts).toEqual([]);
  expect(fields.get('lr.minRatio')).toMatchObject({ value: 0.3, owner: { kind: 'override' } });
});

test.each([
  [{ lr: { flor: 1 } }, /does not exist: lr\.flor/],
  [{ lr: { shape: [] } }, /lr\.shape is called lr\.schedule/],
  [{ lr: { schedule: [{ share: 1, curve: 'linear', to: 'floor' }] } }, /"floor" is called "min"/],
  [{ lr: { schedule: [{ share: 1, curve: 'linear', to: 'min', two: 1 }] } }, /stage 0: has no key 'two'/],
  [{ start: { from: 'tip', version: 1 } }, /version belongs to from: "release" only/],
  [{ start: { from: 'release', vresion: 1 } }, /has no key 'vresion'. Did you mean "version"/],
  [{ banana: 1 }, /does not exist: banana/],
  [{ steps: Number.NaN }, /steps must be a whole number.*not NaN/],
  [{ steps: 1.5 }, /not 1\.5/],
  [{ lr: { peak: Number.POSITIVE_INFINITY } }, /lr\.peak must be a rate above 0/],
  [{ lr: 3 }, /does not exist: lr/],
  [{ start: { from: 'nowhere' } }, /from must be one of scratch, tip, release/],
  [{ data: { use: 'mixture', replay: 1 } }, /replay must be a share from 0 to below 1/],
  [{ order: { by: { by: 'folded', folds: 0, direction: 'ascending' } } }, /folds must be/],
  [{ order: { by: { by: 'finish', best: 1 } } }, /best must be a share above 0, below 1, not 1/],
  [{ order: { by: { by: 'finish' } } }, /best must be a share above 0, below 1, not undefined/],
  [{ order: { by: { by: 'ascending', domains: 'apart' } } }, /domains must be one of separate, together/],
  [
    { order: { by: { by: 'shuffled', domains: 'together' } } },
    /domains belongs to by: "ascending" and "descending" and/,
  ],
  [{ lr: { schedule: [{ share: 0.5, curve: 'constant', to: 1 }] } }, /shares must add up to 1/],
  [{ release: { average: [{ stepsBack: 0, weight: 0.5 }] } }, /weights must add up to 1/],
  [{ forks: ['main'] }, /main path/],
])('a wrong part %j is attributed', (part, message) => {
  const { problems } = merge({ wrong: part });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ plugin: 'wrong' });
  expect(problems[0]!.message).toMatch(message);
});
