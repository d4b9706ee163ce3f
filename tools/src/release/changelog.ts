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

/**
 * Notes of a release: the section of its version, and its commits, each `<abbreviated hash> <subject>`. `previous` is
 * the tag before. Throws an Error without a section for the version.
 */
export function releaseNotes(
  changelog: string,
  version: string,
  { commits, previous }: { readonly commits: readonly string[]; readonly previous?: string },
): string {
  const sections = changelog.split(/^(?=## )/m);
  const section = sections.find((text) => text.startsWith(`## [${version}]`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for "${version}"`);
  const [, ...entries] = section.split('\n');
  const list = commits.map((line) => {
    const [hash, ...subject] = line.split(' ');
    return `- ${subject.join(' ')} (${hash})`;
  });
  const since = previous === undefined ? 'All commits' : `Commits since ${previous}`;
  return `${entries.join('\n').trim()}\n\n<details><summary>${since}</summary>\n\n${list.join('\n')}\n\n</details>`;
}
