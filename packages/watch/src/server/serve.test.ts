import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BranchlineError } from '@branchline/core';
import type { LiveState } from '@branchline/report';
import { afterEach, describe, expect, it } from 'vitest';
import { isLoopback, isToken } from './guard.js';
import { type ServeOptions, serveWatch, type WatchServer } from './serve.js';
import { sinceStart } from './watch-run.js';

const NONE = { tokens: 0, flops: 0, steps: 0, deviceSeconds: 0, energyJoules: 0, money: 0 };

const stateAt = (done: number): LiveState => ({
  experiment: 'made-up',
  status: 'training',
  startedAt: 1_000_000,
  updatedAt: 1_000_000 + done,
  steps: { done, planned: 100 },
  segments: {},
  cost: { spent: NONE, ahead: NONE },
  currency: 'USD',
  lanes: [],
  curves: [],
  messages: [],
});

const open: WatchServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A server whose state has one more step with every read. */
async function start(options: Partial<ServeOptions> = {}) {
  let reads = 0;
  const read = async () => stateAt((reads += 1));
  const server = await serveWatch({ read, every: 20, beat: 50, ...options });
  open.push(server);
  return { server, reads: () => reads };
}

/** An answer, with any `Host` and method, which `fetch` does not allow. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
    const sent = request(url, { headers, method, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
    });
    sent.on('error', reject).end();
  });
}

interface Event {
  readonly name: string;
  readonly data: string;
  readonly id?: string;
}

/** Events of a stream, one by one. `stop` leaves. */
function listen(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const events = (async function* (): AsyncGenerator<Event> {
    const { body } = await fetch(url, { headers, signal: stop.signal });
    let text = '';
    for await (const chunk of body!.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(text.slice(0, end))?.[1];
        const id = field('id');
        yield { name: field('event')!, data: field('data') ?? '', ...(id !== undefined && { id }) };
        text = text.slice(end + 2);
      }
    }
  })();
  const next = async (name: string): Promise<Event> => {
    for (;;) {
      const result = await events.next();
      if (result.done) throw new Error(`the stream ended without "${name}"`);
      if (result.value.name === name) return result.value;
    }
  };
  return { next, stop: () => stop.abort() };
}

describe('the server of the live page', () => {
  it('serves the page at an address with a token, and nothing elsewhere', async () => {
    const { server } = await start();
    const { status, text, headers } = await ask(server.url);
    expect(status).toBe(200);
    expect(text).toContain('made-up');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['referrer-policy']).toBe('no-referrer');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("script-src 'unsafe-inline'");
    const origin = `http://127.0.0.1:${server.port}`;
    const other = server.url.replace(/[^/]\/$/, (end) => (end === 'A/' ? 'B/' : 'A/'));
    for (const [url, expected] of [
      [`${origin}/`, 404],
      [`${origin}/wrong/`, 403],
      [`${origin}/wrong/events`, 403],
      [`${origin}/wrong/report`, 403],
      [other, 403],
      [`${server.url}nothing`, 404],
    ] as const) {
      const answer = await ask(url);
      expect([url, answer.status]).toEqual([url, expected]);
      expect(answer.text).not.toContain('made-up');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it('has another token at every start', async () => {
    const [one, two] = [await start(), await start()];
    expect(new URL(one.server.url).pathname).not.toBe(new URL(two.server.url).pathname);
    expect(new URL(one.server.url).pathname.length).toBeGreaterThan(20);
  });

  it('answers under the names of this machine only, with its port', async () => {
    const { server } = await start();
    const { url, port } = server;
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
      expect([host, (await ask(url, { Host: host })).status]).toEqual([host, 200]);
    }
    for (const host of [
      `evil.example:${port}`,
      'localhost',
      `localhost:${port + 1}`,
      `localhost.evil.example:${port}`,
    ]) {
      const { status, text } = await ask(url, { Host: host });
      expect([host, status]).toEqual([host, 403]);
      expect(text).toContain(`ssh -L ${port}:127.0.0.1:${port}`);
    }
    expect(isLoopback(undefined, 80)).toBe(false);
  });

  it('is read-only', async () => {
    const { server } = await start();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask(server.url, {}, method);
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
    expect(await ask(server.url, {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
    expect(await ask(`${server.url}events`, {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('compares tokens of any length', () => {
    expect(isToken('abc', 'abc')).toBe(true);
    for (const wrong of ['', 'abd', 'abcd', 'ab']) expect(isToken(wrong, 'abc')).toBe(false);
  });

  it('sends sections that changed, and beats while nothing changes', async () => {
    let state = stateAt(1);
    const { server } = await start({ read: async () => state });
    const stream = listen(`${server.url}events`);
    const first = JSON.parse((await stream.next('sections')).data) as { changed: [string, string][] };
    expect(first.changed.map(([id]) => id)).toContain('status');
    expect(first.changed.length).toBeGreaterThan(3);
    await stream.next('beat');
    state = { ...stateAt(42), messages: [{ level: 'warn', text: 'new' }] };
    const second = JSON.parse((await stream.next('sections')).data) as { changed: [string, string][] };
    expect(second.changed.map(([id]) => id)).toEqual(['status', 'messages']);
    expect(second.changed[0]![1]).toContain('42 of 100');
    stream.stop();
  });

  it('sends nothing to a page that has the state, and everything to one that has another', async () => {
    const { server } = await start({ read: async () => stateAt(7) });
    const { text } = await ask(server.url);
    const events = /data-events="([^"]+)"/.exec(text)![1]!;
    const same = listen(server.url + events);
    await same.next('beat');
    await same.next('beat');
    await server.close();
    await expect(same.next('sections')).rejects.toThrow('ended');
    const { server: other } = await start({ read: async () => stateAt(7) });
    const late = listen(other.url + events);
    await late.next('sections');
    const again = listen(other.url + events, {
      'Last-Event-ID': (await listen(`${other.url}events`).next('sections')).id!,
    });
    await again.next('beat');
    await again.next('beat');
    await other.close();
    await expect(again.next('sections')).rejects.toThrow('ended');
  });

  it('reads at most once per interval, however many pages are open, and not at all without one', async () => {
    const every = 100;
    const { server, reads } = await start({ every });
    expect(reads()).toBe(0);
    const begun = performance.now();
    const streams = Array.from({ length: 10 }, () => listen(`${server.url}events`));
    await Promise.all(streams.map((stream) => stream.next('sections')));
    for (let round = 0; round < 3; round++) await Promise.all(streams.map((stream) => stream.next('sections')));
    expect(reads()).toBeGreaterThanOrEqual(4);
    expect(reads()).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - begun) / every));
    for (const stream of streams) stream.stop();
    // The streams end when they write next; from then on nothing is read.
    let before = -1;
    for (let tries = 0; tries < 100 && before !== reads(); tries++) {
      before = reads();
      await sleep(5 * every);
    }
    expect(reads()).toBe(before);
  });

  it('says what is wrong with a run that cannot be read any more', async () => {
    let broken = false;
    const read = async () => {
      if (broken) throw new Error('the disk is gone');
      return stateAt(3);
    };
    const { server } = await start({ read });
    const stream = listen(`${server.url}events`);
    await stream.next('sections');
    broken = true;
    const { changed } = JSON.parse((await stream.next('sections')).data) as { changed: [string, string][] };
    expect(changed.map(([id]) => id)).toEqual(['messages']);
    expect(changed[0]![1]).toContain('the disk is gone');
    stream.stop();
    const { server: never } = await start({ read: () => Promise.reject(new Error('no such run')) });
    expect(await ask(never.url)).toMatchObject({ status: 503, text: 'The run cannot be shown: no such run\n' });
  });

  it('serves the report of the results, if there is one', async () => {
    const made: { page?: string } = {};
    const { server } = await start({ report: async () => made.page });
    expect((await ask(`${server.url}report`)).status).toBe(404);
    made.page = '<h1>report</h1>';
    const { status, text, headers } = await ask(`${server.url}report`);
    expect([status, text]).toEqual([200, made.page]);
    expect(headers['content-security-policy']).not.toContain('script-src');
  });

  it('refuses a taken port with a remedy', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const refused = await start({ port }).catch((error: unknown) => error as BranchlineError);
    other.close();
    expect(refused).toMatchObject({ code: 'config' });
    const [problem] = (refused as BranchlineError).problems;
    expect(problem!.message).toContain(`port ${port}`);
    expect(problem!.remedy).toContain('--port');
  });

  it('sends the last state when it closes, and ends at once', async () => {
    let state = stateAt(1);
    const { server } = await start({ read: async () => state, every: 60_000, beat: 60_000 });
    const stream = listen(`${server.url}events`);
    await stream.next('sections');
    state = stateAt(100);
    const begun = performance.now();
    const closed = Promise.all([server.close(), server.close()]);
    expect((await stream.next('sections')).data).toContain('100 of 100');
    await stream.next('end');
    await closed;
    expect(performance.now() - begun).toBeLessThan(5000);
    await expect(ask(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });
});

it('reads the last state anew if a read is under way when it closes', async () => {
  let state = stateAt(1);
  let release = () => {};
  let held: Promise<void> | undefined;
  const read = async () => {
    const seen = state;
    await held;
    return seen;
  };
  const { server } = await start({ read, every: 10, beat: 60_000 });
  const stream = listen(`${server.url}events`);
  await stream.next('sections');
  held = new Promise((resolve) => {
    release = resolve;
  });
  // By now a read has begun that sees the first state.
  await new Promise((resolve) => setTimeout(resolve, 200));
  state = stateAt(100);
  const closed = server.close();
  held = undefined;
  release();
  expect((await stream.next('sections')).data).toContain('100 of 100');
  await stream.next('end');
  await closed;
});

describe('a run that is about to begin', () => {
  it('is planning, whatever an earlier start left', () => {
    const old: LiveState = {
      ...stateAt(100),
      status: 'finished',
      about: 'done',
      messages: [{ level: 'warn', text: 'old' }],
    };
    const shown = sinceStart(old, 2_000_000);
    expect(shown).toMatchObject({ status: 'planning', steps: { done: 0, planned: 0 }, messages: [] });
    expect(shown.about).toBeUndefined();
    expect(sinceStart({ ...old, startedAt: 2_000_000 }, 2_000_000).status).toBe('finished');
    const { startedAt: _, ...never } = old;
    expect(sinceStart(never, 2_000_000).status).toBe('planning');
  });
});
