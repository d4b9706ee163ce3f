/** The logger `csv`: a row for every step, and one for every release. */
import { join } from 'node:path';
import { defineLogger, type LogPoint, type LogSink, type LogTrack } from '@branchline/core';
import { z } from 'zod';
import { KnownPoints } from './known-points.js';
import { LineFile } from './line-file.js';

const PLACE = ['track', 'strategy', 'seed', 'version', 'path'];
const STEPS = [...PLACE, 'step', 'tokens', 'loss', 'learning_rate', 'grad_norm', 'time'];
const RELEASES = [...PLACE, 'step', 'tokens', 'loss', 'checkpoint', 'time'];

/** Rows of steps and of releases in two CSV files (RFC 4180). */
export const csv = defineLogger({
  name: 'csv',
  description: 'Writes steps.csv and releases.csv',
  options: z.strictObject({
    directory: z.string().min(1).optional().describe('Folder for the files. Default: log in the run directory.'),
  }),
  paths: ['directory'],
  open: async ({ directory }, context) => openCsv(directory ?? join(context.directory, 'log')),
});

async function openCsv(directory: string): Promise<LogSink> {
  const known = new KnownPoints();
  const steps = await openTable(join(directory, 'steps.csv'), STEPS, ([track, , , , , step]) =>
    known.step(track!, Number(step)),
  );
  const releases = await openTable(join(directory, 'releases.csv'), RELEASES, ([track, , , version, , , , loss]) =>
    known.release(track!, Number(version), Number(loss)),
  );
  return {
    lastStep: async (track) => known.lastStep(track),
    hasRelease: async (track, point) => known.hasRelease(track, point),
    write: async (track, points) => {
      const table = track.kind === 'path' ? steps : releases;
      await table.append(points.map((point) => rowOf(track, point).map(field).join(',')));
      known.add(track, points);
    },
  };
}

function rowOf(track: LogTrack, { step, time, values, labels }: LogPoint): readonly (string | number | undefined)[] {
  const { name, strategy, seed, version, path } = track;
  const at = new Date(time).toISOString();
  if (track.kind === 'releases') {
    const place = [name, strategy, seed, step, labels?.path];
    return [...place, values.position, values.tokens, values.loss, labels?.checkpoint, at];
  }
  const { tokens, loss, learning_rate, grad_norm } = values;
  return [name, strategy, seed, version, path, step, tokens, loss, learning_rate, grad_norm, at];
}

/** Opens a file with a header; `read` receives its rows. */
async function openTable(
  path: string,
  header: readonly string[],
  read: (fields: readonly string[]) => void,
): Promise<LineFile> {
  let first: string | undefined;
  const file = await LineFile.open(path, (line) => {
    if (first === undefined) first = line;
    else read(fieldsOf(line));
  });
  if (first === undefined) await file.append([header.join(',')]);
  else if (first !== header.join(','))
    throw new Error(`${path} has other columns: move it, or choose another directory`);
  return file;
}

function field(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The fields of a row; names have no line breaks. */
function fieldsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
  );
}
