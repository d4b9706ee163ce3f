/** Type names for groups of fields, which `fields.ts` defines. */
import type { ForkSpec, VersionSpec } from './fields.js';

/** The learning rate of a path. */
export type LearningRateSpec = VersionSpec['lr'];
/** What a path optimises. */
export type LossSpec = VersionSpec['loss'];
/** What a path takes over from its start checkpoint; each part independently. */
export type CarrySpec = VersionSpec['carry'];
/** What a branch takes over; it can also continue in its parent's data. */
export type ForkCarrySpec = ForkSpec['carry'];
/** What a version releases. */
export type ReleaseSpec = VersionSpec['release'];
