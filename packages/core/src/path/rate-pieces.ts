/**
 * Learning-rate schedules as short lists of pieces. Pieces are compared, cut and joined without looking at steps,
 * so a plan of millions of steps costs what its few pieces cost.
 */
import type { Curve, Stage } from '../spec/schedule.js';

/**
 * A run of steps of one curve: the steps `offset` ... `offset + steps - 1` of a curve that goes from `from` to `to` in
 * `of` steps. Constants have `of` 0 and `offset` 0: all constants of one rate are alike.
 */
export interface RatePiece {
  readonly curve: Curve;
  readonly from: number;
  readonly to: number;
  readonly of: number;
  readonly offset: number;
  readonly steps: number;
}

/** Steps at one rate. */
export function constantPiece(rate: number, steps: number): RatePiece {
  return { curve: 'constant', from: rate, to: rate, of: 0, offset: 0, steps };
}

/** A whole curve. The same rate at both ends is a constant. */
export function curvePiece(curve: Curve, from: number, to: number, steps: number): RatePiece {
  return curve === 'constant' || from === to
    ? constantPiece(to, steps)
    : { curve, from, to, of: steps, offset: 0, steps };
}

/** The rate at the `index`-th step of a piece, counted from 0. */
export function rateAt(piece: RatePiece, index: number): number {
  if (piece.curve === 'constant') return piece.to;
  const done = piece.offset + index + 1;
  if (done === piece.of) return piece.to;
  const r = done / piece.of;
  switch (piece.curve) {
    case 'linear':
      return piece.from + (piece.to - piece.from) * r;
    case 'cosine':
      return piece.to + (piece.from - piece.to) * 0.5 * (1 + Math.cos(Math.PI * r));
    case '1-sqrt':
      return piece.from * (1 - Math.sqrt(r)) + piece.to * Math.sqrt(r);
  }
}

/** The part of a piece that starts `start` steps in and is `steps` long. */
export function slicePiece(piece: RatePiece, start: number, steps: number): RatePiece {
  return { ...piece, offset: piece.curve === 'constant' ? 0 : piece.offset + start, steps };
}

/** True when `next` is what follows `piece`, so that the two are one piece cut in two. */
export function continuesPiece(piece: RatePiece, next: RatePiece): boolean {
  return (
    piece.curve === next.curve &&
    piece.from === next.from &&
    piece.to === next.to &&
    piece.of === next.of &&
    (piece.curve === 'constant' || next.offset === piece.offset + piece.steps)
  );
}

/** The rates of a path: what `expandSchedule` needs. */
export interface ScheduleInput {
  readonly steps: number;
  readonly warmup: number;
  /** The rate at which the schedule starts, and which the warm-up reaches. */
  readonly base: number;
  /** The rate that `'min'` stands for. */
  readonly min: number;
  readonly schedule: readonly Stage[];
}

/**
 * Writes a schedule out as pieces that add up to exactly `steps`. Stage borders are rounded, so that the lengths of
 * the stages add up whatever the shares. A warm-up longer than the path is cut off.
 */
export function expandSchedule(input: ScheduleInput): readonly RatePiece[] {
  const pieces: RatePiece[] = [];
  const warmup = Math.min(input.warmup, input.steps);
  if (warmup > 0) pieces.push(slicePiece(curvePiece('linear', 0, input.base, input.warmup), 0, warmup));
  const rest = input.steps - warmup;
  let share = 0;
  let begin = 0;
  let level = input.base;
  for (const [index, stage] of input.schedule.entries()) {
    share += stage.share;
    const end = index === input.schedule.length - 1 ? rest : Math.round(share * rest);
    const to = stage.to === 'min' ? input.min : input.base * stage.to;
    if (end > begin) pieces.push(curvePiece(stage.curve, level, to, end - begin));
    level = to;
    begin = end;
  }
  return joinPieces(pieces);
}

/** Joins neighbours that continue each other. */
export function joinPieces(pieces: readonly RatePiece[]): readonly RatePiece[] {
  const joined: RatePiece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last && continuesPiece(last, piece)) joined[joined.length - 1] = { ...last, steps: last.steps + piece.steps };
    else if (piece.steps > 0) joined.push(piece);
  }
  return joined;
}
