/** The logger `jsonl`: one JSON object a line. */
import { join } from 'node:path';
import { defineLogger, isPlainObject, type LogSink } from '@branchline/core';
import { z } from 'zod';
import { KnownPoints } from './known-points.js';
import { LineFile } from './line-file.js';

/** A stream of JSON lines: `track`, before its first point, `step`, `release` and `end`. */
export const jsonl = defineLogger({
  name: 'jsonl',
  description: 'Writes tracks, steps and releases as JSON lines',
  options: z.strictObject({
    file: z.string().min(1).optional().describe('The file. Default: log/log.jsonl in the run directory.'),
  }),
  paths: ['file'],
  open: async ({ file }, context) => openJsonLines(file ?? join(context.directory, 'log', 'log.jsonl')),
});

async function openJsonLines(path: string): Promise<LogSink> {
  const known = new KnownPoints();
  const tracks = new Set<string>();
  const file = await LineFile.open(path, (line) => {
    const row = parsed(line);
    if (row?.type === 'track') tracks.add(String(row.name));
    else if (row?.type === 'step') known.step(String(row.track), Number(row.step));
    else if (row?.type === 'release') known.release(String(row.track), Number(row.version), Number(row.loss));
  });
  return {
    lastStep: async (track) => known.lastStep(track),
    hasRelease: async (track, point) => known.hasRelease(track, point),
    write: async (track, points) => {
      const rows: object[] = tracks.has(track.name) ? [] : [{ type: 'track', ...track }];
      for (const { step, time, values, labels } of points) {
        const at = new Date(time).toISOString();
        const what = track.kind === 'path' ? { type: 'step', track: track.name, step } : releaseOf(track.name, step);
        rows.push({ ...what, ...values, ...labels, time: at });
      }
      await file.append(rows.map((row) => JSON.stringify(row)));
      tracks.add(track.name);
      known.add(track, points);
    },
    finish: async ({ outcome }) => file.append([JSON.stringify({ type: 'end', outcome })]),
  };
}

const releaseOf = (track: string, version: number) => ({ type: 'release', track, version });

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const row: unknown = JSON.parse(line);
    return isPlainObject(row) ? row : undefined;
  } catch {
    return undefined;
  }
}
