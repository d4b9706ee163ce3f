import { z } from 'zod';

/** A number of checkpoints of which an average can be made. */
export const checkpointCount = z.int().min(2);

/** A distance of checkpoints in steps. */
export const stepsApart = z.int().min(1);

/** Distance from the oldest checkpoint to the newest, as a share of an increment's steps. */
export const shareOfIncrement = z.number().gt(0);
