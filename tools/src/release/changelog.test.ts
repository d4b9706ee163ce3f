import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { released, releaseNotes } from './changelog.js';

const BEFORE = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-02\n';

test('unreleased entries become a version with a date, and Unreleased stays on top', () => {
  expect(released(BEFORE, '0.2.0', '2026-03-04')).toBe(
    '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-03-04\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-02\n',
  );
});

test.each([
  ['0.1.0', BEFORE, 'has a section for 0.1.0 already'],
  ['next', BEFORE, '"next" is not a version'],
  ['0.2.0', BEFORE.replace('### Added\n\n- A thing.\n\n', ''), 'nothing under Unreleased'],
  ['0.2.0', '# Changelog\n', 'no section "## [Unreleased]"'],
])('%s is refused if the version or the changelog does not allow it', (version, changelog, message) => {
  expect(() => released(changelog, version, '2026-03-04')).toThrow(message);
});

test('notes of a release are its section and its commits', () => {
  const changelog = released(BEFORE, '0.2.0', '2026-03-04');
  expect(releaseNotes(changelog, '0.2.0', { commits: ['abc Fix a thing', 'def Add (it)'], previous: 'v0.1.0' })).toBe(
    '### Added\n\n- A thing.\n\n<details><summary>Commits since v0.1.0</summary>\n\n' +
      '- Fix a thing (abc)\n- Add (it) (def)\n\n</details>',
  );
  expect(releaseNotes(changelog, '0.1.0', { commits: ['abc First'] })).toContain('All commits');
  expect(() => releaseNotes(changelog, '0.3.0', { commits: [] })).toThrow('no section for "0.3.0"');
});

test('our changelog has a section for the version of the packages', () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
  const { version } = JSON.parse(read('packages/core/package.json')) as { version: string };
  expect(read('CHANGELOG.md')).toContain(`\n## [${version}] - `);
});
