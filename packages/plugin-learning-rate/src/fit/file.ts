/** A fit in a file, as `branchline lr fit --out` writes it. */
import { readFileSync } from 'node:fs';
import { messageOf } from '@branchline/core';
import { z } from 'zod';
import type { PredictingFit } from './predict.js';

const above = z.number().positive();
const ends = z.tuple([above, above]);

const fitSchema = z.looseObject({
  kind: z.literal('learning-rate-fit', { error: 'is no fit of learning rates' }),
  format: z.literal(1, { error: 'has another format than this version reads, 1' }),
  conditions: z.looseObject({ batch: above, cooldown: z.number().min(0).max(1) }),
  law: z
    .looseObject({
      logRate: z.number(),
      centre: z.looseObject({ parameters: above, tokens: above }),
      exponents: z.looseObject({ parameters: z.number().nullable(), tokens: z.number().nullable() }),
      covariance: z.array(z.array(z.number())).nullable(),
      range: z.looseObject({ parameters: ends, tokens: ends }),
      curvature: above,
    })
    .nullable(),
});

/** The part of a parsed fit that predictions need. Throws an Error that says what is wrong with it. */
export function parseFit(value: unknown): PredictingFit {
  const parsed = fitSchema.safeParse(value);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
    throw new Error(`${path.length === 0 ? 'the fit' : path.join('.')}: ${message}`);
  }
  const { conditions, law } = parsed.data;
  const size = law === null ? 0 : 1 + Object.values(law.exponents).filter((value) => typeof value === 'number').length;
  const { covariance } = law ?? { covariance: null };
  if (covariance !== null && (covariance.length !== size || covariance.some((row) => row.length !== size))) {
    throw new Error(`law.covariance: must have ${size} rows and columns`);
  }
  return { conditions, law };
}

/** Reads a fit from a file, relative to the working directory. Throws an Error that says what is wrong. */
export function readFit(path: string): PredictingFit {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot be read: ${messageOf(error)}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`is no JSON: ${messageOf(error)}`, { cause: error });
  }
  // The file of `branchline lr fit --out` holds the fit together with what it cost.
  const inside = typeof value === 'object' && value !== null && 'fit' in value ? value.fit : value;
  return parseFit(inside);
}
