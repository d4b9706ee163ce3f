/** Accuracy of a model on a set of items. */
export interface Accuracy {
  readonly items: number;
  /** Share of items whose correct choice has the highest log-likelihood; ties go to the first choice. */
  readonly acc: number;
  /** The same with log-likelihood per byte of the choice. */
  readonly acc_norm: number;
  /** Expected accuracy of guessing: mean of 1 / number of choices. */
  readonly chance: number;
}

/** Accuracy of a release on the items of one version and domain. */
export interface TaskPart extends Accuracy {
  /** 0 for items without a version. */
  readonly version: number;
  /** Empty for items without a domain. */
  readonly domain: string;
}

/** Results of a release on a task. */
export interface TaskResult extends Accuracy {
  readonly name: string;
  /** By version and domain of the items, including later versions, which the figures above exclude. */
  readonly parts: readonly TaskPart[];
}
