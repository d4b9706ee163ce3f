import { spawn } from 'node:child_process';

/** Whether a browser could show something here. A machine behind SSH has no display. */
export const hasDisplay = (platform = process.platform, env = process.env): boolean =>
  platform === 'darwin' || platform === 'win32' || Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);

/** Opens a file or address in the user's browser. Says so if none could be started. */
export function openInBrowser(address: string): void {
  const [command, ...before] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as 'darwin'
  ] ?? ['xdg-open'];
  const child = spawn(command!, [...before, address], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write(`no browser could be started; open ${address} yourself\n`));
  child.unref();
}
