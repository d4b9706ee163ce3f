import { hostname, userInfo } from 'node:os';

/** Where the page is, and how to reach it from another machine. */
export function addressText(url: string): string {
  // A URL leaves out the port of its protocol.
  const port = new URL(url).port || '80';
  return `${url}\nfrom another machine: ssh -L ${port}:127.0.0.1:${port} ${here()}, then open the same address there`;
}

/** `user@host` of this machine. */
function here(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user without an entry, as in some containers.
    return hostname();
  }
}
