const UNRELEASED = '## [Unreleased]\n';

/**
 * Moves the entries under Unreleased to a section for a version. Throws an Error if there are none, or if the version
 * is malformed or already has a section.
 */
export function released(changelog: string, version: string, date: string): string {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error(`"${version}" is not a version, such as 1.2.0`);
  const at = changelog.indexOf(UNRELEASED);
  if (at === -1) throw new Error('CHANGELOG.md has no section "## [Unreleased]"');
  if (changelog.includes(`## [${version}]`)) throw new Error(`CHANGELOG.md has a section for ${version} already`);
  const [head, rest] = [changelog.slice(0, at + UNRELEASED.length), changelog.slice(at + UNRELEASED.length)];
  if (!/^\s*###/.test(rest)) throw new Error('CHANGELOG.md has nothing under Unreleased');
  return `${head}\n## [${version}] - ${date}\n${rest}`;
}
