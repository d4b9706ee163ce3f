/** Expected plans of examples. */

/** Field names with the values that the plugin gives them. */
export type ExpectedFields = Readonly<Record<string, unknown>>;

/**
 * Expected fields by place: `1` is version 1, `'1/branch'` its fork `branch`. Each place that is listed must list
 * exactly the fields that the plugin sets; fields of other owners are written with `ownedBy`. Places that are not
 * listed are not compared.
 */
export type ExpectedPlan = Readonly<Record<string, ExpectedFields>>;
