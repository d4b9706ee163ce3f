/** Groups of fields by the names that code gives them; `fields.ts` says what stands in them. */
import type { ForkSpec, VersionSpec } from './fields.js';

/** The learning rate of a path. */
export type LearningRateSpec = VersionSpec['lr'];
/** What a path takes over from the checkpoint it starts from; each part on its own. */
export type CarrySpec = VersionSpec['carry'];
/** What a branch takes over; it also has a place in its version's data. */
export type ForkCarrySpec = ForkSpec['carry'];
/** What a version releases. */
export type ReleaseSpec = VersionSpec['release'];

export type { FieldName, ForkPart, ForkSpec, StepPart, StepSpec, VersionPart, VersionSpec } from './fields.js';
export type { AveragePart, DataSpec, OrderBy, OrderScope, StartSpec } from './values.js';
