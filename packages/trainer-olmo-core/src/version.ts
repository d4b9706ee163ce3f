/** Part of `numerics`, and so of every step key: it rises with every change that may change a bit. */
export const VERSION = '0.1.0';

/** The version of OLMo-core that the worker is written for, on PyPI as `ai2-olmo-core`. */
export const OLMO_CORE_VERSION = '3.0.0';
