import { isFirstShard, type FrameHead } from '@haproxystats/metrics';
import { LastTold, type Logger } from '@haproxystats/runtime';
import { coverageOf } from '../coverage-of';
import { toldName } from '../told-name';
import { rulesFor } from './semantics-rules';

/** What is done with incomplete slots, of which only the coverage can be sent. */
export type PartialSlots = 'send' | 'withhold' | 'withhold-cluster';

/** Of which frames only complete ones are sent. */
const withheld: Readonly<Record<PartialSlots, readonly FrameHead['scope'][]>> = {
  send: [],
  withhold: ['node', 'cluster'],
  'withhold-cluster': ['cluster'],
};

/** What is missing can be a whole cluster: so many are named. */
const maxNamed = 10;

/** Decides of which frames no more than the coverage is sent, and says so once per node or cluster and change. */
export class WithheldFrames {
  /** What of each was told as missing. */
  readonly #told = new LastTold();

  constructor(
    private readonly partial: PartialSlots,
    private readonly logger: Logger,
  ) {}

  holds(head: FrameHead): boolean {
    const why = reasonFor(head, this.partial);
    if (isFirstShard(head) && this.#told.isNews(`${head.cluster}/${head.node}`, why.fact))
      this.#tell(head, why);
    return why.missing !== '';
  }

  #tell(head: FrameHead, { missing, advice }: Reason): void {
    const { cluster, node, semantics } = head;
    const facts = { cluster, node, semantics, missing };
    const of = `${toldName(head)}: its polls`;
    if (missing === '') this.logger.info(facts, `${of} are sent again`);
    else this.logger.warn(facts, `${of} are not sent while ${missing}. With ${advice} they would be`);
  }
}

interface Reason {
  /** '' where the frame is sent. */
  readonly missing: string;
  /** What is told when it changes. */
  readonly fact: string;
  /** By which setting it would be sent all the same. */
  readonly advice: string;
}

const noReason: Reason = { missing: '', fact: '', advice: '' };

function reasonFor(head: FrameHead, partial: PartialSlots): Reason {
  if (!rulesFor(head).partial) {
    const missing = unanswering(head);
    return { missing, fact: missing, advice: 'semantics = exact' };
  }
  if (!withheld[partial].includes(head.scope)) return noReason;
  const missing = incompleteness(head);
  // Who is late in a large cluster is another one each time.
  return { missing, fact: missing && 'incomplete', advice: '[graphite] partial = send' };
}

/** Processes that did not answer, as the original sees it: what answered but cannot be read does not count. */
function unanswering({ missing }: FrameHead): string {
  const some = missing.filter(({ reason }) => reason !== 'unreadable').map(toldProcess);
  return some.length === 0 ? '' : `processes do not answer: ${some.join(', ')}`;
}

function incompleteness(head: FrameHead): string {
  const { complete, covered, expected, nodes_seen: seen, nodes_expected: nodes } = coverageOf(head);
  if (complete) return '';
  const names = [
    ...(head.nodes?.missing ?? []),
    ...(head.nodes?.keptOut ?? []).map(({ node, reason }) => `${node} (${reason})`),
    ...head.missing.map(toldProcess),
  ];
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : '';
  const named = names.length === 0 ? '' : `, without ${names.slice(0, maxNamed).join(', ')}${more}`;
  const ofNodes = head.scope === 'cluster' ? ` of ${seen} of ${nodes} nodes` : '';
  return `they have ${covered} of ${expected} processes${ofNodes}${named}`;
}

function toldProcess({ process, reason }: FrameHead['missing'][number]): string {
  return `${process} (${reason})`;
}
