/**
 * Checks the language of docs, comments, strings and names: `npm run lint:language`. With paths (`-- packages/core docs`) it
 * checks only those and prints every finding; without, it prints counts by package and file. `--report-only` never
 * fails.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, type Finding, isChecked } from './check.js';

const ROOT = join(import.meta.dirname, '../../..');
const words = process.argv.slice(2);
const reportOnly = words.includes('--report-only');
const under = words.filter((word) => word !== '--report-only').map((path) => path.replace(/^\.\/|\/$/g, ''));

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
const files = tracked
  .toString()
  .split('\n')
  .filter((path) => isChecked(path) && existsSync(join(ROOT, path)))
  .filter((path) => under.length === 0 || under.some((place) => path === place || path.startsWith(`${place}/`)))
  .sort();
if (files.length === 0) throw new Error(`no file to check${under.map((place) => ` under ${place}`).join()}`);

const found = files
  .map((path) => ({ path, findings: check(path, readFileSync(join(ROOT, path), 'utf8')) }))
  .filter(({ findings }) => findings.length > 0);

const count = (findings: readonly Finding[], kind: Finding['kind']) =>
  findings.filter((finding) => finding.kind === kind).length;
const row = (name: string, findings: readonly Finding[]) =>
  console.log(`${`${count(findings, 'phrase')}`.padStart(6)}${`${count(findings, 'width')}`.padStart(6)}  ${name}`);

if (under.length > 0) {
  for (const { path, findings } of found) {
    for (const { line, message } of findings) console.log(`${path}:${line}: ${message}`);
  }
}
const roomOf = (path: string) => /^(packages\/[^/]+|[^/]+)/.exec(path)![0];
const rooms = new Map<string, typeof found>();
for (const file of found) rooms.set(roomOf(file.path), [...(rooms.get(roomOf(file.path)) ?? []), file]);
if (found.length > 0) console.log('phrase width');
for (const [room, members] of rooms) {
  row(
    room,
    members.flatMap(({ findings }) => findings),
  );
  if (members.length > 1 || members[0]!.path !== room)
    for (const { path, findings } of members) row(`  ${path}`, findings);
}
const all = found.flatMap(({ findings }) => findings);
row(`all: ${found.length} of ${files.length} files`, all);
process.exitCode = all.length > 0 && !reportOnly ? 1 : 0;
