/** How well a model answers some items. */
export interface Accuracy {
  readonly items: number;
  /** Share of the items whose right choice has the highest log-likelihood; of equal ones the first counts. */
  readonly acc: number;
  /** The same with log-likelihoods per byte of the choice. */
  readonly acc_norm: number;
  /** What guessing comes to: the mean of 1 / choices. */
  readonly chance: number;
}

/** How well a release answers the items of one version and domain. */
export interface TaskPart extends Accuracy {
  /** 0: of no version. */
  readonly version: number;
  /** Empty: of no domain. */
  readonly domain: string;
}

/** A task answered by a release. */
export interface TaskResult extends Accuracy {
  readonly name: string;
  /** By version and domain of the items; those of later versions too, which the figures above leave out. */
  readonly parts: readonly TaskPart[];
}
