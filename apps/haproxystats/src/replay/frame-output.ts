import { frameRecords, type LogWriter } from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';
import type { GraphiteLines } from '@haproxystats/sinks';
import type { LineOutput } from './line-output';

/** Where replayed frames go. */
export interface FrameOutput {
  /** What is counted, for a message: `line`. */
  readonly unit: string;
  /** Resolves when there is room for more, to how many there were. Rejects when `stop` aborts first, and when it is not taken. */
  write(frame: Frame, stop: AbortSignal): Promise<number>;
  /** Resolves when all of it is taken. */
  flush(): Promise<void>;
}

/** As the lines that Graphite would get. */
export class FrameLines implements FrameOutput {
  readonly unit = 'line';

  constructor(
    private readonly lines: GraphiteLines,
    private readonly output: LineOutput,
  ) {}

  async write(frame: Frame, stop: AbortSignal): Promise<number> {
    let count = 0;
    for (const { bytes, lines } of this.lines.of({ part: 0, parts: 1, frame })) {
      await this.output.write(bytes, stop);
      count += lines;
    }
    return count;
  }

  flush(): Promise<void> {
    return this.output.flush();
  }
}

/** What a topic may take for one frame: a broker that is away is not waited for. */
const patienceMs = 30_000;

/** As frames in a topic. */
export class FrameTopic implements FrameOutput {
  readonly unit = 'frame';

  constructor(
    private readonly topic: string,
    private readonly writer: LogWriter,
  ) {}

  async write(frame: Frame, stop: AbortSignal): Promise<number> {
    const late = AbortSignal.timeout(patienceMs);
    try {
      await this.writer.append(this.topic, frameRecords(frame), AbortSignal.any([stop, late]));
      return 1;
    } catch (cause) {
      stop.throwIfAborted();
      if (!late.aborted) throw cause;
      throw new NotTaken(`topic ${this.topic} did not take a frame within ${patienceMs / 1_000} s`, {
        cause,
      });
    }
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}

/** The message is for a person. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}
