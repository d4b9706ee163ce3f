/** Called before each write to a directory; throws if this process may no longer write there. */
export type Fence = () => void;

/** For directories that no other process writes to. */
export const NO_FENCE: Fence = () => undefined;
