/**
 * Learning-rate schedules as short lists of pieces. Pieces are compared, split and joined without visiting steps, so
 * planning costs O(pieces), not O(steps).
 */
import type { Curve, Stage } from '../spec/schedule.js';

/**
 * Consecutive steps of a curve: steps `offset` to `offset + steps - 1` of a curve from rate `from` to rate `to` over
 * `of` steps. Constants have `of` 0 and `offset` 0, so that equal rates give equal pieces.
 */
export interface RatePiece {
  readonly curve: Curve;
  readonly from: number;
  readonly to: number;
  readonly of: number;
  readonly offset: number;
  readonly steps: number;
}

/** Steps at a constant rate. */
export function constantPiece(rate: number, steps: number): RatePiece {
  return { curve: 'constant', from: rate, to: rate, of: 0, offset: 0, steps };
}

/** A whole curve. Equal rates at both ends give a constant. */
export function curvePiece(curve: Curve, from: number, to: number, steps: number): RatePiece {
  return curve === 'constant' || from === to
    ? constantPiece(to, steps)
    : { curve, from, to, of: steps, offset: 0, steps };
}

/** The rate of step `index` of a piece, counted from 0. */
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

/** `steps` steps of a piece, starting at step `start`. */
export function slicePiece(piece: RatePiece, start: number, steps: number): RatePiece {
  return { ...piece, offset: piece.curve === 'constant' ? 0 : piece.offset + start, steps };
}

/** True when `next` continues `piece`: together they are one piece. */
export function continuesPiece(piece: RatePiece, next: RatePiece): boolean {
  return (
    piece.curve === next.curve &&
    piece.from === next.from &&
    piece.to === next.to &&
    piece.of === next.of &&
    (piece.curve === 'constant' || next.offset === piece.offset + piece.steps)
  );
}

/** Input of `expandSchedule` for one path. */
export interface ScheduleInput {
  readonly steps: number;
  readonly warmup: number;
  /** The rate after warm-up, at which the schedule starts. */
  readonly base: number;
  /** The rate for the level `'min'`. */
  readonly min: number;
  readonly schedule: readonly Stage[];
}

/**
 * Expands a schedule into pieces that add up to exactly `steps`. Stage boundaries are rounded cumulatively, so rounding
 * errors do not add up. A warm-up longer than the path is truncated.
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

/** Joins adjacent pieces that continue each other. */
export function joinPieces(pieces: readonly RatePiece[]): readonly RatePiece[] {
  const joined: RatePiece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last && continuesPiece(last, piece)) joined[joined.length - 1] = { ...last, steps: last.steps + piece.steps };
    else if (piece.steps > 0) joined.push(piece);
  }
  return joined;
}
