/** The folder of all backends: the user's, or `--dir`, which replaces BRANCHLINE_HOME. */
export async function folderOf(dir: string | undefined): Promise<string> {
  const { backendsFolder } = await import('@branchline/trainer-tfjs');
  return dir === undefined ? backendsFolder() : backendsFolder({ BRANCHLINE_HOME: dir });
}
