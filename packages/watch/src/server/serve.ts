/** The server of the live page: on this machine only, read-only, with a token in its address. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BranchlineError } from '@branchline/core';
import { changedParts, LIVE_POLICY, type LiveState, livePage, REPORT_POLICY } from '@branchline/report';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { Feed, type Snapshot } from './feed.js';
import { FRAME_POLICY, guard, isToken } from './guard.js';

/** Options of {@link serveWatch}. */
export interface ServeOptions {
  /** Reads the state. It is never called again before an earlier call is done. */
  readonly read: () => Promise<LiveState>;
  /** The report of the results so far, as HTML; undefined if there are none. */
  readonly report?: () => Promise<string | undefined>;
  /** 0, the default: one that is free. */
  readonly port?: number;
  /** Milliseconds between two reads, at least. Default: 1000. */
  readonly every?: number;
  /** Milliseconds after which a silent page hears that the server lives. Default: 10,000. */
  readonly beat?: number;
}

/** A server that runs. */
export interface WatchServer {
  /** With the token. */
  readonly url: string;
  readonly port: number;
  /** Sends the last state to all open pages and ends. */
  close(): Promise<void>;
}

/** Pages that may be open at the same time; a browser that never closes one must not fill the memory. */
const PAGES = 50;
/** Milliseconds that open pages have for the last state. */
const FAREWELL_MS = 500;

/** Starts the server. Throws a BranchlineError (`config`) if the port cannot be used. */
export async function serveWatch(options: ServeOptions): Promise<WatchServer> {
  const { read, report, every = 1000, beat = 10_000 } = options;
  const token = randomBytes(18).toString('base64url');
  // Partial results are written after the first release.
  const hasReport = ({ results }: LiveState) =>
    report !== undefined && results?.strategies.some(({ releases }) => releases.length > 0) === true;
  const links = (state: LiveState) => (hasReport(state) ? { report: 'report' } : {});
  const feed = new Feed({ read, links, every, name: randomBytes(6).toString('hex') });
  let port = 0;
  let pages = 0;

  const app = new Hono({ strict: true });
  app.use(guard(() => port));
  app.use('/:token/*', async (context, next) => {
    if (isToken(context.req.param('token'), token)) return next();
    return context.text('The address has no token, or that of another start. branchline watch prints it.\n', 403);
  });
  app.get('/:token/', async (context) => {
    const { id, state, sections } = await feed.latest();
    context.header('Content-Security-Policy', `${LIVE_POLICY}; ${FRAME_POLICY}`);
    const shown = { ...links(state), events: `events?after=${id}`, now: Date.now() };
    return context.html(livePage(state, shown, sections));
  });
  app.get('/:token/report', async (context) => {
    const page = await report?.();
    if (page === undefined) return context.text('There are no results yet.\n', 404);
    context.header('Content-Security-Policy', `${REPORT_POLICY}; ${FRAME_POLICY}`);
    return context.html(page);
  });
  app.get('/:token/events', (context) => {
    if (context.req.method === 'HEAD') return context.body(null);
    if (pages >= PAGES) return context.text('Too many pages are open.\n', 503);
    // After a break the browser says what it has; a new page says it in the address.
    const known = context.req.header('last-event-id') ?? context.req.query('after');
    return streamSSE(context, async (stream) => {
      pages += 1;
      let gone = false;
      stream.onAbort(() => {
        gone = true;
      });
      try {
        let before: Snapshot | undefined = await feed.latest();
        if (before.id !== known) before = undefined;
        await stream.writeSSE({ event: 'beat', data: String(Date.now()) });
        while (!gone) {
          const now: Snapshot | undefined = await feed.next(before?.id, beat);
          if (gone) return;
          if (now !== undefined) {
            const changed = [...changedParts(before?.sections ?? [], now.sections)];
            const data = JSON.stringify({ now: Date.now(), changed });
            await stream.writeSSE({ event: 'sections', data, id: now.id });
            before = now;
          } else if (!feed.closed.aborted) {
            await stream.writeSSE({ event: 'beat', data: String(Date.now()) });
          }
          if (feed.closed.aborted) {
            await stream.writeSSE({ event: 'end', data: '' });
            return;
          }
        }
      } finally {
        pages -= 1;
      }
    });
  });
  app.notFound((context) =>
    context.text('There is nothing at this address. branchline watch prints the right one.\n', 404),
  );
  app.onError((error, context) => context.text(`The run cannot be shown: ${error.message}\n`, 503));

  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  port = await listen(server, options.port ?? 0);
  let closing: Promise<void> | undefined;
  const close = async () => {
    await feed.close();
    const ended = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await Promise.race([ended, sleep(FAREWELL_MS)]);
    server.closeAllConnections();
    await ended;
  };
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    port,
    close: () => (closing ??= close()),
  };
}

/** Listens on this machine only. Returns the port. */
async function listen(server: Server, port: number): Promise<number> {
  server.listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another program uses it' : code === 'EACCES' ? 'it is reserved' : message;
    throw new BranchlineError(
      'config',
      {
        message: `the page cannot be served at port ${port}: ${why}`,
        remedy: 'Give another --port, or leave it out for one that is free.',
      },
      { cause: error },
    );
  }
  return (server.address() as AddressInfo).port;
}
