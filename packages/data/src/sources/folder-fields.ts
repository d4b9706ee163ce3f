import path from 'node:path';

/** DuckDB and Hive write this for a missing value. */
const MISSING = '__HIVE_DEFAULT_PARTITION__';

/** Values in folders such as `month=2024-01` of a file's name. An inner folder comes before an outer one. */
export function folderFields(name: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const folder of path.posix.dirname(name).split('/')) {
    const at = folder.indexOf('=');
    if (at > 0 && folder.slice(at + 1) !== MISSING)
      fields.set(decoded(folder.slice(0, at)), decoded(folder.slice(at + 1)));
  }
  return fields;
}

/** Undoes percent encoding where it is valid. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
