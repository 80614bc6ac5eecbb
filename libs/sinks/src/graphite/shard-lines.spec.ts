import { merge, processText } from '../../../../test/support/merged-node';
import { FakeClock } from '../../../../test/support/fake-clock';
import { frameHead } from '../../../../test/support/frames';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { shardsOf, type Frame, type FrameHead } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import { FrameFinisher } from '../frame-finisher';
import { metricsRecords } from '../kafka/metrics-records';
import { GraphiteLines } from './graphite-lines';

const config = graphiteConfig({ address: { host: 'relay', port: 1 } });
const ports = { clock: new FakeClock(), logger: silentLogger };

/** Proxies with servers, of which some names are alike, and servers of one name in several. */
function nodeFrame(head: Partial<FrameHead> = {}): Frame {
  const proxies = ['web', 'a.b', 'a_b', 'c', 'd', 'e', 'f'];
  const rows = proxies.flatMap((proxy, i) => [
    `${proxy},FRONTEND,0,OPEN,${i},`,
    `${proxy},s1,2,UP,${i + 1},`,
    `${proxy},s2,2,DOWN,${i + 2},`,
    `${proxy},BACKEND,1,UP,${i + 3},`,
  ]);
  const stat = `# pxname,svname,type,status,stot,\n${rows.join('\n')}\n`;
  const processes = ['/run/1', '/run/2'].map((process) => processText(stat, 'Tasks: 3\nPid: 4\n', process));
  const { tables } = merge(processes, { aggregatedServers: { excludedBackends: new Set() } });
  return { head: frameHead(head), tables };
}

function linesOf(...frames: Frame[]): string[] {
  const lines = new GraphiteLines(config, ports);
  const blocks = frames.flatMap((frame) => [...lines.of({ frame, part: 0, parts: 1 })]);
  return blocks.flatMap(({ bytes }) => bytes.toString().trimEnd().split('\n')).filter(Boolean);
}

const isOwn = (line: string): boolean => line.includes('.haproxystats.');
const isOfShard = (line: string): boolean => line.includes('.coverage.shards.');

describe('the shards of a frame', () => {
  it('have the lines of the frame, but for the work on it', () => {
    const frame = nodeFrame();
    const lines = linesOf(...shardsOf(frame, 3));
    expect(lines.sort()).toEqual(
      linesOf(frame)
        .filter((line) => !isOwn(line))
        .sort(),
    );
  });

  it('have of a cluster how complete each of them is', () => {
    const head = { scope: 'cluster', node: '', coverage: { covered: 2, expected: 2 } } as const;
    const nodes = { seen: 1, expected: 1, missing: [], keptOut: [] };
    const [first, second] = shardsOf(nodeFrame({ ...head, nodes }), 2);
    const partial = { ...second!, head: { ...second!.head, coverage: { covered: 1, expected: 2 } } };
    const lines = linesOf(first!, partial);
    const coverage = lines.filter((line) => line.includes('.coverage.')).map((line) => line.split(' ')[0]);
    expect(new Set(coverage).size).toBe(coverage.length);
    const complete = lines.filter((line) => /\.(coverage|shards\.1)\.complete /.test(line));
    expect(complete.map((line) => [isOfShard(line), line.split(' ')[1]])).toEqual([
      [false, '1'],
      [true, '0'],
    ]);
  });

  it('have the records of the frame', () => {
    const recordsOf = (frame: Frame) => {
      const finisher = new FrameFinisher(config.finish, ports);
      return [...metricsRecords([finisher.finish(frame)])].map(({ kind, proxy, metrics, servers }) =>
        JSON.stringify([
          kind,
          proxy,
          [...metrics],
          servers.map(({ name, metrics: own }) => [name, [...own]]),
        ]),
      );
    };
    const frame = nodeFrame();
    expect(shardsOf(frame, 3).flatMap(recordsOf).sort()).toEqual(recordsOf(frame).sort());
  });
});
