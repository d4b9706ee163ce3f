/** Small `tokenizer.json` files with every setting that decides tokens, and texts that tell them apart. */

/** A setting of a `tokenizer.json`, as JSON. */
type Json = Readonly<Record<string, unknown>>;

/** The characters that represent bytes in a byte-level tokenizer. */
export const SIGNS = (() => {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const ids = (tokens: readonly string[]) => Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
const joined = (merges: readonly (readonly [string, string])[]) => merges.map((pair) => pair.join(''));

const added = (id: number, content: string, more: Json = {}): Json => ({
  ...{ id, content, special: false, single_word: false, lstrip: false, rstrip: false, normalized: true },
  ...more,
});
const END = added(0, '</s>', { special: true, normalized: false });

const BYTE_MERGES = [
  ['r', 'a'],
  ['i', 'l'],
  ['ra', 'il'],
  ['Ġ', 'rail'],
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
] as const;
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const byteBpe = {
  type: 'BPE',
  unk_token: null,
  vocab: ids(['</s>', ...SIGNS, ...joined(BYTE_MERGES)]),
  merges: BYTE_MERGES,
};

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzüß.,!-▁ '];
const MERGES = [
  ['r', 'a'],
  ['i', 'l'],
  ['ra', 'il'],
  ['▁', 'rail'],
  ['t', 'h'],
  ['th', 'e'],
  ['l', 'l'],
] as const;
const HASHES = LETTERS.map((letter) => `##${letter}`);
const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const charBpe = (more: Json = {}, extra: readonly string[] = []) => ({
  ...{ type: 'BPE', unk_token: '<unk>', vocab: ids(['</s>', '<unk>', ...LETTERS, ...joined(MERGES), ...extra]) },
  ...{ merges: MERGES },
  ...more,
});

const WORDS = ['the', 'rail', 'line', 'grüße', 'aus', 'münchen', 'goes', 'on', '.', '!', 'The', 'Rail', '-'];
const wordLevel = { type: 'WordLevel', vocab: ids(['</s>', '<unk>', ...WORDS]), unk_token: '<unk>' };
const wordPiece = (more: Json = {}) => ({
  ...{ type: 'WordPiece', unk_token: '<unk>', continuing_subword_prefix: '##', max_input_chars_per_word: 12 },
  vocab: ids(['</s>', '<unk>', ...WORDS, ...LETTERS, ...HASHES, '##ail', '##line']),
  ...more,
});
const unigram = (more: Json = {}, extra: readonly string[] = []) => {
  const pieces = [...WORDS, ...LETTERS, '▁the', '▁rail', '▁r', 'ai', 'il', 'gr', 'üß', ...extra];
  const vocab = [...new Set(['</s>', '<unk>', ...pieces])].map((piece, id) => [
    piece,
    id < 2 ? 0 : -2 - (id % 7) - 4 / piece.length,
  ]);
  return { type: 'Unigram', unk_id: 1, vocab, byte_fallback: false, ...more };
};

/** Rules of SentencePiece that were compiled for this test: ligatures, full-width letters, spaces, a deleted hyphen. */
const CHARSMAP =
  'AAQAAAAAAwCgFQAAwowCAMOEAgABAACAAAAAgKQFAAAJAACAizUAAIAoAgCmBQAAEAAAgK0lAACEhAIAoAUAAAMAAICABAIAgFUAAIEFAAANAACAoQUAAAUAAIAHAACAogUAAJHYAgAYAAAAGwAAABoAAAAdAAAAHAAAAB8AAAAeAAAArMwCACAAAADirAIA48wCACUAAAAkAAAAJwAAACYAAAApAAAAKAAAACsAAAAqAAAALQAAACwAAAAvAAAA74wCALwUAgAwAAAAMwAAADIAAAA1AAAANAAAADcAAAA2AAAAOQAAADgAAAA7AAAAOgAAAD0AAAA8AAAAPwAAAD4AAABBAAAAQAAAAEMAAABCAAAARQAAAEQAAABHAAAARgAAAEkAAABIAAAASwAAAEoAAABNAAAATAAAAE8AAABOAAAAUQAAAFAAAABTAAAAUgAAAFUAAABUAAAAVwAAAFYAAABZAAAAWAAAAFsAAABaAAAAXQAAAFwAAABfAAAAXgAAAGEAAABgAAAAYwAAAGIAAABlAAAAZAAAAGcAAABmAAAAaQAAAGgAAABrAAAAagAAAG0AAABsAAAAbwAAAG4AAABxAAAAcAAAAHMAAAByAAAAdQAAAHQAAAB3AAAAdgAAAHkAAAB4AAAAewAAAHoAAAB9AAAAfAAAAH8AAAB+AAAAgQAAAIAAAACDAAAAggAAAIUAAACEAAAAhwAAAIYAAACJAAAAiAAAAIsAAACKAAAAjQAAAIwAAACPAAAAjgAAAJEAAACQAAAAkwAAAJIAAACVAAAAlAAAAJcAAACWAAAAmQAAAJgAAACbAAAAmgAAAJ0AAACcAAAAnwAAAJ4AAAChAAAAoAAAAKMAAACiAAAApQAAAKQAAACnAAAApgAAAKkAAACoAAAAqwAAAKoAAACtAAAArAAAAK8AAACuAAAAsQAAALAAAACzAAAAsgAAALUAAAC0AAAAtwAAALYAAAC5AAAAuAAAALsAAAC6AAAAvQAAALwAAAC/AAAAvgAAAMEAAADAAAAAwwAAAMIAAADFAAAAxAAAAMcAAADGAAAAyQAAAMgAAADLAAAAygAAAM0AAADMAAAAzwAAAM4AAADRAAAA0AAAANMAAADSAAAA1QAAANQAAADXAAAA1gAAANkAAADYAAAA2wAAANoAAADdAAAA3AAAAN8AAADeAAAA4QAAAOAAAADjAAAA4gAAAOUAAADkAAAA5wAAAOYAAADpAAAA6AAAAOsAAADqAAAA7QAAAOwAAADvAAAA7gAAAPEAAADwAAAA8wAAAPIAAAD1AAAA9AAAAPcAAAD2AAAA+QAAAPgAAAD7AAAA+gAAAP0AAAD8AAAA/wAAAP4AAAAAIAAxAEEAQgBhzIgAZmkAzqkA';

const settings: [string, Json][] = [];
const add = (name: string, model: Json, more: Json = {}) =>
  settings.push([
    name,
    {
      ...{
        version: '1.0',
        truncation: null,
        padding: null,
        added_tokens: [END],
        normalizer: null,
        pre_tokenizer: null,
      },
      ...{ post_processor: null, decoder: null, model, ...more },
    },
  ]);

const split = { type: 'Split', pattern: { String: ' ' }, behavior: 'Isolated', invert: false };
const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
for (const behavior of BEHAVIORS) {
  for (const invert of [false, true])
    for (const pattern of [{ String: ' ' }, { Regex: 'l+|\\s' }]) {
      const pretokenizers = [{ ...split, pattern, behavior, invert }, byteLevel];
      const name = `split ${behavior}${invert ? ' inverted' : ''} ${JSON.stringify(pattern)}`;
      add(name, byteBpe, { pre_tokenizer: { type: 'Sequence', pretokenizers } });
    }
  const pretokenizers = [{ type: 'Punctuation', behavior }, byteLevel];
  add(`punctuation ${behavior}`, byteBpe, { pre_tokenizer: { type: 'Sequence', pretokenizers } });
}
for (const add_prefix_space of [false, true])
  for (const use_regex of [false, true])
    add(`byte level ${add_prefix_space} ${use_regex}`, byteBpe, {
      pre_tokenizer: { ...byteLevel, add_prefix_space, use_regex },
    });
for (const setting of ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'])
  for (const value of [false, true]) {
    const tokens = [added(9000, 'the', { [setting]: value }), added(9001, 'É', { [setting]: value })];
    const more = { added_tokens: [END, ...tokens], normalizer: { type: 'Lowercase' }, pre_tokenizer: byteLevel };
    add(`added token ${setting} ${value}`, byteBpe, more);
  }
add('added tokens over each other', byteBpe, {
  ...{ added_tokens: [END, added(300, 'rail'), added(301, 'rail line'), added(302, 'ail', { single_word: true })] },
  pre_tokenizer: byteLevel,
});
for (const prepend_scheme of ['always', 'first', 'never'])
  for (const part of [false, true])
    add(`metaspace ${prepend_scheme} ${part}`, charBpe(), {
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme, split: part },
    });
for (const type of ['Whitespace', 'WhitespaceSplit', 'BertPreTokenizer', 'UnicodeScripts'])
  for (const [name, model] of [
    ['word level', wordLevel],
    ['word piece', wordPiece()],
    ['bpe', charBpe()],
  ] as const)
    add(`${name} ${type}`, model, { pre_tokenizer: { type } });
add('digits apart', byteBpe, {
  pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] },
});
add('digits together', byteBpe, {
  pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: false }, byteLevel] },
});
add('delimiter', charBpe(), { pre_tokenizer: { type: 'CharDelimiterSplit', delimiter: '-' } });
add('no unknown token', charBpe({ unk_token: null }));
add('fused unknown', charBpe({ fuse_unk: true }));
add('fused unknown of words', charBpe({ fuse_unk: true }), { pre_tokenizer: { type: 'WhitespaceSplit' } });
add('byte fallback', charBpe({ byte_fallback: true }, BYTES));
const prefixed = [
  ['r', '##a'],
  ['##i', '##l'],
  ['ra', '##il'],
] as const;
add(
  'prefix of continuing subwords',
  charBpe({ continuing_subword_prefix: '##', merges: prefixed }, [...HASHES, '##il']),
  { pre_tokenizer: { type: 'Whitespace' } },
);
add(
  'suffix of words',
  charBpe(
    { end_of_word_suffix: '</w>' },
    LETTERS.map((letter) => `${letter}</w>`),
  ),
  {
    pre_tokenizer: { type: 'WhitespaceSplit' },
  },
);
add('ignored merges', charBpe({ ignore_merges: true }, ['line']), { pre_tokenizer: { type: 'Whitespace' } });
add('short words', wordPiece({ max_input_chars_per_word: 4 }), { pre_tokenizer: { type: 'Whitespace' } });
add('other prefix', wordPiece({ continuing_subword_prefix: '' }), { pre_tokenizer: { type: 'Whitespace' } });
add('unigram', unigram(), {
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
});
add('unigram without pre-tokenizer', unigram());
add('unigram with byte fallback', unigram({ byte_fallback: true }, BYTES));
add('precompiled', unigram(), { normalizer: { type: 'Precompiled', precompiled_charsmap: CHARSMAP } });
for (const type of ['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Nmt'])
  add(`normalizer ${type}`, byteBpe, { normalizer: { type }, pre_tokenizer: byteLevel });
add('strip', byteBpe, {
  normalizer: { type: 'Strip', strip_left: true, strip_right: false },
  pre_tokenizer: byteLevel,
});
add('prepend and replace', charBpe(), {
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      { type: 'Replace', pattern: { Regex: 'l{2,}' }, content: 'l' },
    ],
  },
});
for (const lowercase of [false, true])
  add(`bert ${lowercase}`, wordPiece(), {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
  });
add('truncation, padding and a template', byteBpe, {
  truncation: { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 },
  padding: {
    ...{ strategy: { Fixed: 40 }, direction: 'Right', pad_to_multiple_of: null, pad_id: 0, pad_type_id: 0 },
    pad_token: '</s>',
  },
  pre_tokenizer: byteLevel,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '</s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { '</s>': { id: '</s>', ids: [0], tokens: ['</s>'] } },
  },
});

/** By name. */
export const SETTINGS: ReadonlyMap<string, Json> = new Map(settings);

/** Texts whose tokens differ between settings. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  'The rail on line goes.',
  'the  rail--line!!  goes, on ',
  'Grüße aus München',
  'grüße aus münchen',
  'breathe the theory, the THE rail',
  'railway railline rail line ail',
  '\uFEFFthe rail',
  'cafe\u0301 É é caf\u00e9',
  'naïve Ω \u2126 ﬁn ＡＢ',
  '日本語 rail 한국어',
  '👍🏽 thumbs ☂',
  'a\u0000b\u00a0c\u3000d\u200be\u00adf',
  '12 345 x9y ٣',
  'line\nrail\r\n\tthe</s>rail',
  'wordswithmorethantwelveletters ok',
  'llll l ll alle',
  'x'.repeat(200),
  "don't we'LL 'ſt",
];
