import { rawRecords } from '@haproxystats/messaging';
import { askStats, Poller, socketFiles } from '@haproxystats/puller';
import { systemClock, type ServerAddress } from '@haproxystats/runtime';
import { freePort } from '../harness';
import { ClusterBench } from '../support/cluster-bench';
import { FakeSession } from '../support/fake-session';
import { HandMadeHAProxy } from '../support/hand-made-servers';
import { grace, interval, NodeBench, slot } from '../support/node-bench';
import { pullerConfig } from '../support/puller-config';

const host = '127.0.0.1';

/** Alike in all but the name of the pod: the pid is 1 in each, and a deployment starts them together. */
class Pod extends HandMadeHAProxy {
  private constructor(
    readonly address: Extract<ServerAddress, { kind: 'tcp' }>,
    name: string,
    stot: number,
  ) {
    super(() => ({
      info: `Name: HAProxy\nVersion: 3.0.1\nPid: 1\nUptime_sec: 100\nCurrConns: ${stot}\nnode: ${name}\n`,
      stat: `# pxname,svname,stot,type,\nweb,FRONTEND,${stot},0,\n`,
    }));
  }

  static async named(name: string, stot: number): Promise<Pod> {
    return new Pod({ kind: 'tcp', host, port: await freePort() }, name, stot);
  }

  get process(): string {
    return `${host}:${this.address.port}`;
  }

  begin(): Promise<void> {
    return this.listen({ host, port: this.address.port });
  }
}

/** The one puller of a node asks all of its pods. */
function pollerOf(node: string, pods: readonly Pod[]): Poller {
  const config = pullerConfig({
    cluster: 'eu',
    node,
    servers: pods.map(({ address }) => address),
    intervalMs: interval,
    pollTimeoutMs: 0,
    connectTimeoutMs: interval,
  });
  return new Poller(config, { clock: systemClock, socketFiles, askStats });
}

describe('a node with three pods, and one with a single pod', () => {
  const nodes = new NodeBench();
  const cluster = new ClusterBench();
  const raw = new FakeSession(slot);
  const frames = new FakeSession(slot);
  let pods: Pod[];
  let pullers: Map<string, Poller>;

  beforeAll(async () => {
    pods = await Promise.all([1, 20, 300, 4_000].map((stot, i) => Pod.named(`pod-${i}`, stot)));
    pullers = new Map([
      ['host-1', pollerOf('host-1', pods.slice(0, 3))],
      ['host-2', pollerOf('host-2', pods.slice(3))],
    ]);
    await Promise.all([pods[0]!, pods[1]!, pods[3]!].map((pod) => pod.begin()));
  });
  afterAll(() => Promise.all(pods.map((pod) => pod.close())));

  /** Polls both nodes, and hands on what comes of it; answers the frames of the nodes, by name. */
  async function poll(nth: number) {
    const at = slot + nth * interval;
    raw.time = frames.time = at;
    nodes.writer.records.length = cluster.writer.records.length = 0;
    for (const [node, poller] of pullers) {
      const turn = { slot: at, source: `puller-of-${node}`, signal: raw.signal };
      await nodes.take(raw, rawRecords((await poller.poll(turn)).poll));
    }
    for (const record of nodes.writer.records) await cluster.role.record(frames.entry(record), frames);
    // Nodes that are new are waited for.
    frames.time += grace;
    await cluster.role.tick(frames);
    const [one, two] = nodes.frames;
    return { one, two, emissions: cluster.emissions };
  }

  it('are summed up without the pod that does not answer, at both levels, and say so', async () => {
    const { one, two, emissions } = await poll(0);
    const missing = [`${pods[2]!.process} refused`];
    expect(one).toEqual({ covered: 2, expected: 3, stot: 21, missing });
    expect(two).toEqual({ covered: 1, expected: 1, stot: 4_000, missing: [] });
    expect(emissions).toEqual([
      { cluster: 'eu', slot: 0, covered: '3/4', nodes: '2/2', missing: '', late: false, stot: 4_021 },
    ]);
    const ofCluster = cluster.frames[0]!.head.missing;
    expect(ofCluster).toEqual([{ process: `host-1 ${pods[2]!.process}`, reason: 'refused' }]);
  });

  it('are all in the sums as soon as it answers', async () => {
    await pods[2]!.begin();
    const { one, emissions } = await poll(1);
    expect(one).toEqual({ covered: 3, expected: 3, stot: 321, missing: [] });
    expect(emissions).toEqual([
      { cluster: 'eu', slot: 1, covered: '4/4', nodes: '2/2', missing: '', late: false, stot: 4_321 },
    ]);
  });
});
