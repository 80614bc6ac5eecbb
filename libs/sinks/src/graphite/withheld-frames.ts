import type { FrameHead } from '@haproxystats/metrics';
import { LastTold, type Logger } from '@haproxystats/runtime';
import { semanticsRules } from './semantics-rules';

/** Decides which frames do not reach the sink at all, and says so once per node and change. */
export class WithheldFrames {
  /** Per node the processes whose absence was told. */
  readonly #told = new LastTold();

  constructor(private readonly logger: Logger) {}

  /** Whether the frame stays here: its semantics wants complete polls, and processes did not answer. What answered but cannot be read does not count. */
  holds(head: FrameHead): boolean {
    if (semanticsRules[head.semantics].partial) return false;
    const missing = head.missing.filter(({ reason }) => reason !== 'unreadable');
    this.#tell(head, missing.map(({ process, reason }) => `${process} (${reason})`).join(', '));
    return missing.length > 0;
  }

  #tell({ cluster, node, semantics }: FrameHead, missing: string): void {
    if (!this.#told.isNews(`${cluster}/${node}`, missing)) return;
    const facts = { cluster, node, semantics, missing };
    if (missing === '') this.logger.info(facts, `node ${node}: its polls are sent again`);
    else
      this.logger.warn(
        facts,
        `node ${node}: its polls are not sent while processes do not answer: ${missing}. With semantics = exact they would be`,
      );
  }
}
