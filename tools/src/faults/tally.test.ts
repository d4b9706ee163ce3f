import { expect, it } from 'vitest';
import { count, countOutcomes, tallyTable } from './tally.ts';

it('counts every case once, and lists kinds without cases', () => {
  const cases = [
    { kind: 'nan', outcome: 'refused' },
    { kind: 'nan', outcome: 'lost' },
    { kind: 'SIGKILL', outcome: 'continued' },
  ] as const;
  const counts = countOutcomes(['SIGKILL', 'nan', 'full-disk'], cases);
  expect(counts.get('nan')).toEqual({ tried: 2, continued: 0, recomputed: 0, refused: 1, lost: 1 });
  expect(tallyTable(counts, count(cases))).toBe(
    `
| fault     | tried | continued by itself | reported and recomputed | refused cleanly | LOST |
|-----------|------:|--------------------:|------------------------:|----------------:|-----:|
| SIGKILL   |     1 |                   1 |                       0 |               0 |    0 |
| nan       |     2 |                   0 |                       0 |               1 |    1 |
| full-disk |     0 |                   0 |                       0 |               0 |    0 |
| all       |     3 |                   1 |                       0 |               1 |    1 |
`.trim(),
  );
});
