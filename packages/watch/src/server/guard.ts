/** Who may read the page: requests to this machine by its own name, with the token of the link. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

/** Headers of every answer. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // The address has the token.
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** What the policy of every page has in addition. */
export const FRAME_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Whether a `Host` names this machine and the port. Another name may be that of a stranger's page (DNS rebinding). */
export function isLoopback(host: string | undefined, port: number): boolean {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  const [name = '', given = '80'] = (host ?? '').toLowerCase().split(/:(?=\d+$)/);
  return names.includes(name) && given === String(port);
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Compares in a time that says nothing about how much of the token is right. */
export const isToken = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token));

/** Refuses what is not a reading request to this machine. */
export function guard(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    context.header('Content-Security-Policy', `default-src 'none'; ${FRAME_POLICY}`);
    if (!isLoopback(context.req.header('host'), port())) {
      const way = `ssh -L ${port()}:127.0.0.1:${port()} <this machine>`;
      const text = `This page answers at localhost:${port()} only. From another machine, forward the same port: ${way}\n`;
      return context.text(text, 403);
    }
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      context.header('Allow', 'GET, HEAD');
      return context.text('This page can be read, and nothing else.\n', 405);
    }
    return next();
  };
}
