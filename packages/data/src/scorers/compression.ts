import { deflateRawSync } from 'node:zlib';
import { defineScorer } from './define.js';

/**
 * How much shorter zlib makes a text: its bytes by those that deflate needs for it at level 9. High for text that
 * repeats itself or is written by a program, about 1 or below for noise and for a few words. Compressors of other
 * releases of zlib may find other bytes, so its version is part of the scorer's.
 */
export const compression = defineScorer({
  name: 'compression',
  version: `1 zlib ${process.versions.zlib}`,
  score: (texts) =>
    texts.map((text) => (text.length === 0 ? 1 : text.length / deflateRawSync(text, { level: 9 }).length)),
});
