import type { Semantics } from '@haproxystats/haproxy';
import type { FrameHead } from '@haproxystats/metrics';
import { LastTold, type Logger } from '@haproxystats/runtime';
import { toldName } from '../told-name';

/** Finds frames that are merged with other semantics than a sink is set to, and says so once per node and change. */
export class OtherSemantics {
  readonly #told = new LastTold();

  constructor(
    /** For which the sink's lists of metrics and formulas are written. */
    private readonly own: Semantics,
    private readonly logger: Logger,
  ) {}

  has(head: FrameHead): boolean {
    const { cluster, node, semantics } = head;
    const isOther = semantics !== this.own;
    if (this.#told.isNews(`${cluster}/${node}`, isOther ? semantics : '')) this.#tell(head, isOther);
    return isOther;
  }

  #tell(head: FrameHead, isOther: boolean): void {
    const { cluster, node, semantics } = head;
    const { own, logger } = this;
    const facts = { cluster, node, semantics, own };
    const merged = `${toldName(head)}: its frames are merged with semantics = ${semantics}`;
    if (!isOther) logger.info(facts, `${merged} again, as set here`);
    else
      logger.warn(
        facts,
        `${merged}, but semantics here is ${own}. They are sent with the names and values of ${semantics}, and lists of metrics and formulas for ${own} may find nothing. Set the same semantics in [process] where the node role runs and here`,
      );
  }
}
