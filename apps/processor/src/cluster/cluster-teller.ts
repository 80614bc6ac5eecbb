import type { FrameHead } from '@haproxystats/metrics';
import { LastTold, type Logger } from '@haproxystats/runtime';

/** Of names in a log line. */
const maxTold = 20;
/** From this many ms on a clock is wrong enough to be told. */
const skewTold = 5_000;

/** Says which nodes are missing, or kept out of the sums of their cluster, and whose clock is wrong: when that changes. */
export class ClusterTeller {
  readonly #missing = new LastTold();
  readonly #keptOut = new LastTold();
  readonly #skewed = new LastTold();

  constructor(private readonly logger: Logger) {}

  tell({ cluster, nodes, coverage }: FrameHead): void {
    if (!nodes) return;
    const { seen, expected, missing, keptOut } = nodes;
    const told = listed(missing);
    if (this.#missing.isNews(cluster, told)) {
      const facts = { cluster, ...coverage, nodes: seen, missing: missing.length };
      if (told) this.logger.warn(facts, `cluster ${cluster}: ${seen} of ${expected} nodes, without ${told}`);
      else this.logger.info(facts, `cluster ${cluster}: no node is missing any more`);
    }
    const out = listed(keptOut.map(({ node, reason }) => `${node} (${reason})`));
    if (!this.#keptOut.isNews(cluster, out)) return;
    if (out)
      this.logger.warn(
        { cluster },
        `cluster ${cluster}: kept out of its sums: ${out}. 'clock': its slots are more than 60 s ahead of the log, or a day behind; 'interval': it is polled at another interval than most`,
      );
    else this.logger.info({ cluster }, `cluster ${cluster}: no node is kept out of its sums any more`);
  }

  /** `skews`: ms by node, above 0 where its clock is ahead. */
  tellSkews(cluster: string, skews: ReadonlyMap<string, number>): void {
    for (const [node, ahead] of skews) {
      const isOff = Math.abs(ahead) > skewTold;
      if (!this.#skewed.isNews(`${cluster}/${node}`, isOff ? Math.sign(ahead).toString() : '')) continue;
      const seconds = Math.round(Math.abs(ahead) / 1_000);
      if (isOff)
        this.logger.warn(
          { cluster, node, aheadMs: ahead },
          `node ${node}: its clock seems to be ${seconds} s ${ahead > 0 ? 'ahead' : 'behind'}: check how it gets its time`,
        );
      else this.logger.info({ cluster, node }, `node ${node}: its clock is right again`);
    }
  }
}

function listed(names: readonly string[]): string {
  const more = names.length > maxTold ? ` and ${names.length - maxTold} more` : '';
  return names.slice(0, maxTold).join(', ') + more;
}
