/** Text of the releases of a real run. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, defineTrainer, generate, type Trainer, tfjs } from '@branchline/api';
import { TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { type CheckpointReader, startingFrom } from '@branchline/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, branchline } from './bin.js';

interface Output {
  readonly texts: readonly { strategy: string; version: number; text: string; tokens: number[]; ending: string }[];
}

const silent = defineTrainer({
  name: 'silent',
  create: async (_options, context) => {
    const trainer = startingFrom(await tfjs().create(context), {} as CheckpointReader);
    return Object.fromEntries(Object.entries(trainer).filter(([name]) => name !== 'decode')) as unknown as Trainer;
  },
});

let directory: string;
afterAll(() => rmSync(directory, { recursive: true }));
const run = () => join(directory, 'runs', 'tiny');

/** The message of the error that a call ends with. */
async function problemsOf(options: Parameters<typeof generate>[1]): Promise<string> {
  try {
    for await (const _ of generate(run(), options));
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('generate', () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'branchline-generate-'));
    writeTexts(directory);
    const strategies = { continual: ['continual'], 'path switching': ['path-switching'] };
    await bench(
      { ...TINY, strategies },
      {
        ...{ name: 'tiny', directory, runs: join(directory, 'runs'), command: 'npx branchline bench tiny.json' },
      },
    );
  });

  it('shows texts of several releases, and the same as JSON and from the library', async () => {
    const args = ['generate', 'runs/tiny', '--all', '--prompt', 'the line', '--tokens', '20', '--seed', '3'];
    const [text, json] = await Promise.all([branchline(directory, ...args), branchline(directory, ...args, '--json')]);
    expect([text.code, json.code, text.stderr, json.stderr]).toEqual([0, 0, '', '']);
    const { texts } = JSON.parse(json.stdout) as Output;
    expect(texts.map(({ strategy, version }) => [strategy, version])).toEqual([
      ['continual', 3],
      ['path switching', 3],
    ]);
    expect(text.stdout).not.toMatch(/[^\n\t\P{Cc}]/u);
    const ends: unknown[] = [];
    const pieces: string[] = [];
    for await (const event of generate(run(), { prompt: 'the line', tokens: 20, seed: 3 })) {
      if (event.type === 'end') ends.push({ text: event.text, tokens: event.tokens });
      if (event.type === 'text') pieces.push(event.text);
    }
    expect(texts.map(({ text: own, tokens }) => ({ text: own, tokens }))).toEqual(ends);
    expect(pieces.join('')).toBe(texts.map((one) => one.text).join(''));
    expect(text.stdout.split('the line')).toHaveLength(3);
  });

  it('takes versions, a stop, and a prompt from standard input', async () => {
    const ends: string[] = [];
    for await (const event of generate(run(), { strategies: ['continual'], versions: 'all', tokens: 5 })) {
      if (event.type === 'end') ends.push(`${event.release.version} ${event.ending}`);
    }
    expect(ends).toEqual(['1 tokens', '2 tokens', '3 tokens']);
    const greedy = { strategies: ['continual'], versions: [2], prompt: 'text 1\n', temperature: 0, tokens: 60 };
    const args = ['generate', 'runs/tiny', 'continual', '2', '--json', '--temperature', '0'];
    const env = { ...process.env, BRANCHLINE_SOURCE: '1' };
    const output = execFileSync(process.execPath, [BIN, ...args], { cwd: directory, env, input: 'text 1\n\n' });
    const { texts } = JSON.parse(output.toString()) as Output;
    for await (const event of generate(run(), { ...greedy, tokens: 100 })) {
      if (event.type === 'end') expect(texts[0]).toMatchObject({ version: 2, text: event.text });
    }
    const sampled = { ...greedy, temperature: 1, tokens: 40 };
    let whole = '';
    for await (const event of generate(run(), sampled)) if (event.type === 'end') whole = event.text;
    const stop = whole.slice(10, 13);
    for await (const event of generate(run(), { ...sampled, stop: [stop] })) {
      if (event.type === 'end')
        expect(event).toMatchObject({ ending: 'stop', text: whole.slice(0, whole.indexOf(stop)) });
    }
  });

  it('refuses what it cannot do, all at once, with what to do', async () => {
    const wrong = branchline(directory, 'generate', 'runs/tiny', '--all', '--tokens', '0', '--top-p', '2');
    expect(await wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('2 problems') as unknown });
    expect(await problemsOf({ strategies: ['contin', 'path switching'], versions: [9] })).toMatch(
      /no strategy "contin"\n.*continual, path switching.*\n"path switching" has no version 9\n.*1, 2, 3/,
    );
    expect(await problemsOf({ trainer: silent() })).toMatch(
      /trainer silent cannot generate text: it has no decode\(\)/,
    );
    expect(await problemsOf({ signal: AbortSignal.abort() })).toContain('was interrupted');
    const unnamed = await branchline(directory, 'generate', 'runs/tiny');
    expect(unnamed.stderr).toContain('Name one of "continual", "path switching", or give --all.');
    expect(unnamed.code).toBe(2);
  });

  it('says what to do about releases that are damaged or were deleted, and changes nothing', async () => {
    const checkpoints = join(run(), 'checkpoints');
    const kept = readdirSync(checkpoints);
    for (const key of kept) appendFileSync(join(checkpoints, key, 'model.safetensors'), 'x');
    expect(await problemsOf({ strategies: ['continual'] })).toMatch(/model\.safetensors is damaged.*\n.*--set-aside/);
    expect(readdirSync(checkpoints)).toEqual(kept);
    for (const key of kept) rmSync(join(checkpoints, key), { recursive: true });
    expect(await problemsOf({})).toMatch(
      /checkpoint .*, release 3 of "path switching", is not stored.*\n.*bench tiny\.json/,
    );
  });
});
