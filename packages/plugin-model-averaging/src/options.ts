import { z } from 'zod';

/** Number of checkpoints in an average. */
export const checkpointCount = z.int().min(2);

/** Distance between checkpoints, in steps. */
export const stepsApart = z.int().min(1);

/** Distance from the oldest checkpoint to the newest, as a share of an increment's steps. */
export const shareOfIncrement = z.number().gt(0);
