/** The logger `tensorboard`: an event file for every track. */
import { appendFile, mkdir, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { defineLogger, type LogPoint, type LogSink, type LogTrack } from '@branchline/core';
import { z } from 'zod';
import { decodeEvent, encodeScalars, encodeVersion, type ScalarEvent } from './event.js';
import { frameRecord, readRecords } from './records.js';

/** Event files that TensorBoard shows: a folder for every track, steps counted over forks. */
export const tensorboard = defineLogger({
  name: 'tensorboard',
  description: 'Writes event files for TensorBoard',
  options: z.strictObject({
    directory: z.string().min(1).optional().describe('The logdir. Default: log/tensorboard in the run directory.'),
  }),
  paths: ['directory'],
  open: async ({ directory }, context) => new EventFiles(directory ?? join(context.directory, 'log', 'tensorboard')),
});

/** The event file of a track, and what it has. */
interface EventFile {
  readonly path: string;
  last: number | undefined;
  /** Version and loss of releases, as stored. */
  readonly releases: Set<string>;
}

class EventFiles implements LogSink {
  readonly #files = new Map<string, EventFile>();

  constructor(private readonly directory: string) {}

  async lastStep(track: LogTrack): Promise<number | undefined> {
    return (await this.#fileOf(track)).last;
  }

  async hasRelease(track: LogTrack, { step, values }: LogPoint): Promise<boolean> {
    return (await this.#fileOf(track)).releases.has(releaseOf(step, values.loss!));
  }

  async write(track: LogTrack, points: readonly LogPoint[]): Promise<void> {
    const file = await this.#fileOf(track);
    // Until it succeeds, it is not known what the file has.
    this.#files.delete(track.name);
    const begin = file.last === undefined && file.releases.size === 0;
    const events = points.map((point) => eventOf(track, point));
    const records = events.map((event) => frameRecord(encodeScalars(event)));
    if (begin) {
      await mkdir(join(file.path, '..'), { recursive: true });
      records.unshift(frameRecord(encodeVersion(events[0]!.wallTime)));
    }
    await appendFile(file.path, Buffer.concat(records));
    for (const event of events) note(file, event);
    this.#files.set(track.name, file);
  }

  /** The file of a track. The end of an interrupted write is removed, so that it can be continued. */
  async #fileOf(track: LogTrack): Promise<EventFile> {
    const known = this.#files.get(track.name);
    if (known !== undefined) return known;
    const folder = join(this.directory, ...track.name.split('/').map(folderName));
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes('tfevents')).sort();
    const path = join(folder, names.at(-1) ?? 'events.out.tfevents.0000000000.branchline');
    const file: EventFile = { path, last: undefined, releases: new Set() };
    for (const name of names) {
      const content = await readFile(join(folder, name));
      const { records, end } = readRecords(content);
      if (end < content.length) await truncate(join(folder, name), end);
      for (const record of records) note(file, decodeEvent(record));
    }
    this.#files.set(track.name, file);
    return file;
  }
}

const RELEASE_LOSS = 'release/loss';
/** Stored values are float32. */
const releaseOf = (version: number, loss: number) => `${version} ${Math.fround(loss)}`;

function note(file: EventFile, { step, scalars }: ScalarEvent): void {
  if (Object.keys(scalars).length === 0) return;
  const loss = scalars[RELEASE_LOSS];
  if (loss === undefined) file.last = Math.max(step, file.last ?? 0);
  else file.releases.add(releaseOf(step, loss));
}

function eventOf({ kind }: LogTrack, { step, time, values }: LogPoint): ScalarEvent {
  const prefix = kind === 'path' ? 'train' : 'release';
  const scalars = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
  return { wallTime: time / 1000, step, scalars };
}

/** A folder name on every system; characters that are not allowed are written as their code. */
const folderName = (name: string) =>
  name.replace(/[<>:"\\|?*%\p{Cc}]|^\.+$|[. ]$/gu, (text) => [...text].map((one) => encode(one)).join(''));
const encode = (character: string) => `%${character.codePointAt(0)!.toString(16).padStart(2, '0')}`;
