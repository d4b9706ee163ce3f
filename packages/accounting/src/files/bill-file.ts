import { readFile } from 'node:fs/promises';
import { type BillRow, BranchlineError } from '@branchline/core';
import { z } from 'zod';

const count = z.int().nonnegative();

const decimal = (digits: number) => z.string().regex(new RegExp(`^\\d{1,40}\\.\\d{${digits}}$`));

const amounts = z.object({
  steps: count,
  tokens: count,
  flops: z.string().regex(/^\d{1,60}$/),
  device_seconds: decimal(6),
  energy_joules: decimal(3).nullable(),
  money: decimal(9).nullable(),
});

const row = z.object({
  strategy: z.string(),
  seed: count,
  version: count,
  path: z.string(),
  plugin: z.string(),
  kind: z.enum(['train', 'evaluate', 'charge']),
  device: z.string(),
  state: z.string(),
  shared_by: count,
  alone: amounts,
  share: amounts,
}) satisfies z.ZodType<BillRow>;

/** Reads and validates `bill.jsonl`; undefined if it does not exist. */
export async function readBill(file: string): Promise<readonly BillRow[] | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(`${file} cannot be read: ${error.message}`, error);
  });
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  if (lines.pop() !== '') throw unusable(`${file}, line ${lines.length + 1}: is cut off`);
  return lines.map((line, index) => {
    const place = `${file}, line ${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw unusable(`${place}: is not JSON`, cause);
    }
    const parsed = row.safeParse(value);
    if (parsed.success) return parsed.data;
    const field = parsed.error.issues[0]!.path.join('.');
    const wrong = field === '' ? 'is not a bill row' : `has no valid "${field}"`;
    throw unusable(`${place}: ${wrong}: it was altered, or written by another version of Branchline`, parsed.error);
  });
}

function unusable(message: string, cause?: unknown): BranchlineError {
  const remedy = 'Run the experiment again: it rewrites the bill and does not repeat stored training.';
  return new BranchlineError('store', { message, remedy }, { cause });
}
