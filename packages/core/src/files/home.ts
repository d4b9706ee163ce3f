import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Folder for what a user installs once for all experiments: BRANCHLINE_HOME, else in the user's data folder (XDG). */
export function homeFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.BRANCHLINE_HOME) return resolve(env.BRANCHLINE_HOME);
  // The XDG specification says to ignore relative paths.
  const data =
    env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : join(homedir(), '.local', 'share');
  return join(data, 'branchline');
}
