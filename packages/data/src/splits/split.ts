import type { Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Period, periodOf, periodSql } from '../config/period.js';
import type { DataSettings } from '../config/schema.js';
import { some } from '../errors.js';
import type { ResolvedSource } from '../sources/find-sources.js';
import { allRows, quote } from '../storage/duckdb.js';
import { byText } from '../storage/files.js';

/** Training text, text of the same sources kept for evaluation, or text of validation sets. */
export type Split = 'train' | 'held-out' | 'validation';

/** Names of the versions and the rule that assigns documents to them. */
export interface Versioning {
  readonly names: readonly string[];
  /** SQL expression over `pieces` for the version index, from 0; undefined if versions are dealt at random. */
  readonly arrival?: string;
}

/** Determines the versions from the settings and, if needed, the values in the catalog. */
export async function versioning(
  catalog: DuckDBConnection,
  sources: readonly ResolvedSource[],
  settings: DataSettings,
  problems: Problem[],
): Promise<Versioning> {
  const { versions } = settings;
  if (versions.by === 'random')
    return { names: Array.from({ length: versions.count }, (_, index) => String(index + 1)) };
  if (versions.by === 'source') return { names: sources.map(({ name }) => name), arrival: 'source' };
  const distinct = async (column: string) =>
    (await allRows<[string]>(catalog, `SELECT DISTINCT ${column} FROM pieces`)).map(([value]) => value);
  if (versions.by === 'domain') return byDomain(await distinct('domain'), versions, settings.seed, problems);
  const field = "coalesce(version, '')";
  const { period } = versions;
  const version = period === undefined ? field : periodSql(field, period);
  if (period !== undefined) {
    const others = (await distinct(field)).filter((value) => periodOf(value, period) === undefined);
    if (others.length > 0) problems.push(undatedProblem(others, period));
  }
  const values = await distinct(version);
  const numeric = values.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  const names =
    versions.order ?? values.sort((a, b) => (numeric ? Number(a) - Number(b) || byText(a, b) : byText(a, b)));
  const unlisted = values.filter((value) => !names.includes(value));
  if (unlisted.length > 0) problems.push(unlistedProblem(unlisted, 'value of versionField'));
  return { names, arrival: positionIn(names, version) };
}

/** SQL expression for the index of a value in a list, from 0. */
function positionIn(list: readonly string[], value: string): string {
  return `(list_position([${list.map(quote).join(', ')}], ${value}) - 1)`;
}

/** One version per domain or list of domains; a share `mix` of the documents of each domain goes to other versions. */
function byDomain(
  domains: string[],
  { order, mix }: Extract<DataSettings['versions'], { by: 'domain' }>,
  seed: number,
  problems: Problem[],
): Versioning {
  const versions = (order ?? domains.sort(byText)).map((one) => (typeof one === 'string' ? [one] : one));
  const listed = versions.flat();
  const unlisted = domains.filter((domain) => !listed.includes(domain));
  if (unlisted.length > 0) problems.push(unlistedProblem(unlisted, 'domain'));
  const names = versions.map((list) => list.join(' + '));
  const homes = versions.flatMap((list, index) => list.map(() => index));
  const home = `[${homes.join(', ')}][${positionIn(listed, 'domain')} + 1]`;
  if (mix === 0 || versions.length === 1) return { names, arrival: home };
  const digest = `sha256(${quote(`${seed}\nmix\n`)} || text)`;
  const part = (from: number) => `('0x' || substr(${digest}, ${from}, 8))::UBIGINT`;
  const other = `(${home} + 1 + ${part(9)} % ${versions.length - 1}) % ${versions.length}`;
  return { names, arrival: `CASE WHEN ${part(1)} < ${mix * 2 ** 32} THEN ${other} ELSE ${home} END` };
}

function undatedProblem(others: string[], period: Period): Problem {
  const [example, what] = period === 'day' ? ['2026-08-15', 'days'] : ['2026-08-15 or 2026-08', 'dates'];
  return {
    configPath: 'data.versions.period',
    message: `needs ${what} such as ${example}, but versionField has ${some(others.sort(byText))}`,
    remedy: 'Name a field with dates, or leave period out: then each value is a version.',
  };
}

function unlistedProblem(unlisted: string[], what: string): Problem {
  return {
    configPath: 'data.versions.order',
    message: `does not list ${some(unlisted.sort(byText))}, which ${unlisted.length === 1 ? 'is' : 'are'} in the data`,
    remedy: `List every ${what}, or leave order out.`,
  };
}
