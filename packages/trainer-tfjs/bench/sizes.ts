import { type ModelSpec, modelSchema } from '@branchline/model';

/** Sequences per step. */
export const BATCH = 16;

const spec = (layers: number, width: number, heads: number): ModelSpec =>
  modelSchema.parse({ layers, width, heads, context: 128, vocabulary: 257 });

/** The models that are trained, by rounded number of parameters. */
export const SIZES: Readonly<Record<string, ModelSpec>> = {
  '0.3M': spec(3, 96, 3),
  '1M': spec(5, 128, 2),
  '3.5M': spec(4, 256, 4),
  '10M': spec(6, 384, 6),
  '30M': spec(10, 512, 8),
};
