import { deflateRawSync } from 'node:zlib';
import { defineScorer } from './define.js';

/**
 * Compression ratio: bytes of the text divided by bytes after deflate at level 9. High for repetitive and generated
 * text, about 1 or below for noise and very short text. Other zlib releases may compress differently, so the zlib
 * version is part of the scorer's version.
 */
export const compression = defineScorer({
  name: 'compression',
  version: `1 zlib ${process.versions.zlib}`,
  score: (texts) =>
    texts.map((text) => (text.length === 0 ? 1 : text.length / deflateRawSync(text, { level: 9 }).length)),
});
