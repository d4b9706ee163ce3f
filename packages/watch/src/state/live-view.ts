/** What the lines of a live log come to. */
import {
  type BeginLine,
  type EndLine,
  type LaneProgress,
  type LivePoint,
  type MessageLine,
  type PlanLine,
  parseLine,
  type ReleaseLine,
} from '../live-log/format.js';

/** Messages that are shown. */
const MOST_MESSAGES = 100;

/** Steps of a segment. */
export interface SegmentView {
  done: number;
  readonly points: LivePoint[];
}

/** A live log as far as it was read. */
export class LiveView {
  begin: BeginLine | undefined;
  plan: PlanLine | undefined;
  end: EndLine | undefined;
  /** By index of the plan. */
  segments: (SegmentView | undefined)[] = [];
  lanes: readonly LaneProgress[] = [];
  readonly releases = new Map<string, ReleaseLine>();
  messages: MessageLine[] = [];
  /** Time of the latest line. */
  time: number | undefined;

  /** `onTrained`: called with the steps that were trained until a time. */
  constructor(private readonly onTrained: (time: number, trained: number) => void = () => undefined) {}

  /** Takes a line. Lines of other versions, and damaged ones, have no effect. */
  take(text: string): void {
    const line = parseLine(text);
    if (line === undefined) return;
    if ('time' in line) this.time = Math.max(this.time ?? line.time, line.time);
    switch (line.type) {
      case 'begin':
        this.begin = line;
        return;
      case 'plan':
        this.plan = line;
        this.segments = line.segments.map(({ stored }) => ({ done: stored, points: [] }));
        this.lanes = [];
        return;
      case 'steps':
        for (const [index, done, points] of line.segments) {
          const segment = this.segments[index];
          if (segment === undefined) continue;
          segment.done = Math.max(segment.done, done);
          const last = segment.points.at(-1)?.[0] ?? -1;
          for (const point of points) if (point[0] > last) segment.points.push(point);
        }
        this.lanes = line.lanes;
        this.onTrained(line.time, line.trained);
        return;
      case 'pace':
        for (const [time, trained] of line.samples) this.onTrained(time, trained);
        return;
      case 'release':
        this.releases.set(`${line.strategy}/${line.release.seed}/${line.release.version}`, line);
        return;
      case 'message':
        this.messages.push(line);
        if (this.messages.length > MOST_MESSAGES) this.messages.shift();
        return;
      case 'end':
        // The second one knows the error.
        this.end = { ...this.end, ...line };
    }
  }
}
