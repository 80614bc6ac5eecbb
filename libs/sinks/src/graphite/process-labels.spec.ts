import type { Table } from '@haproxystats/metrics';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { pathSegment } from './graphite-names';
import { processLabels, type ProcessLabel } from './process-labels';

interface Node {
  readonly sockets: readonly string[];
  readonly numbers?: readonly (number | undefined)[];
  readonly count?: number;
  readonly missing?: readonly string[];
}

function processes({ sockets, numbers, count }: Node): Table {
  const all = (value: number | undefined) => sockets.map(() => value);
  return tableOf('process', sockets, [
    column('Process_num', 'max', numbers ?? all(undefined)),
    column('Nbproc', 'max', all(count)),
  ]);
}

function labelsOf(label: ProcessLabel, node: Node): string[] {
  const { sockets, missing = [] } = node;
  const head = frameHead({
    coverage: { covered: sockets.length, expected: sockets.length + missing.length },
    missing: missing.map((process) => ({ process, reason: 'timeout' })),
  });
  return processLabels(processes(node), head, label);
}

const four = ['/run/h1.sock', '/run/h2.sock', '/run/h3.sock', '/run/h4.sock'];
const nbproc: Node = { sockets: four, numbers: [1, 2, 3, 4], count: 4 };
const instances: Node = { sockets: four, numbers: [1, 1, 1, 1], count: 1 };
const bySocket = ['h1.sock', 'h2.sock', 'h3.sock', 'h4.sock'];

describe('processLabels', () => {
  it.each<[ProcessLabel, Node, string[]]>([
    ['auto', nbproc, ['1', '2', '3', '4']],
    ['number', nbproc, ['1', '2', '3', '4']],
    ['socket', nbproc, bySocket],
    ['auto', instances, bySocket],
    ['number', instances, bySocket],
    ['auto', { sockets: ['/run/h.sock'], numbers: [1], count: 1 }, ['1']],
    ['number', { sockets: ['/run/h.sock'], numbers: [1], count: 1 }, ['1']],
    ['socket', { sockets: ['/run/h.sock'], numbers: [1], count: 1 }, ['h.sock']],
    ['auto', { sockets: ['lb:8080', '/run/h.sock'] }, ['lb:8080', 'h.sock']],
    ['number', { sockets: ['/run/h.sock'] }, ['h.sock']],
    ['number', { sockets: ['/a.sock', '/b.sock'], numbers: [1, 2] }, ['1', '2']],
  ])('%s: of %j %j', (label, node, labels) => {
    expect(labelsOf(label, node)).toEqual(labels);
  });

  it.each<[ProcessLabel, Node]>([
    ['auto', nbproc],
    ['number', nbproc],
    ['auto', instances],
    ['number', instances],
    ['number', { sockets: four, numbers: [1, 2, 1, 2], count: 2 }],
    ['socket', { sockets: ['/a/h.sock', '/b/h.sock', '/b/g.sock'] }],
    ['socket', { sockets: ['/a/h.a', '/a/h_a', '/b/h_a', '/_b_h_a', '/b/g'] }],
  ])('%s: a process of %j has the same label whichever others answer', (label, node) => {
    const all = labelsOf(label, node);
    for (let mask = 1; mask < 1 << all.length; mask++) {
      const answers = (_: unknown, i: number): boolean => (mask & (1 << i)) !== 0;
      const some = {
        ...node,
        sockets: node.sockets.filter(answers),
        numbers: node.numbers?.filter(answers) ?? node.sockets.filter(answers).map(() => undefined),
        missing: node.sockets.filter((_, i) => !answers(_, i)),
      };
      expect(labelsOf(label, some)).toEqual(all.filter(answers));
    }
  });

  it('never gives two processes the same', () => {
    expect(labelsOf('socket', { sockets: ['/a/h.sock', '/b/h.sock', '/b/g.sock'] })).toEqual([
      '/a/h.sock',
      '/b/h.sock',
      'g.sock',
    ]);
    expect(labelsOf('socket', { sockets: ['/a/h.a', '/b/h_a', '/b/g'] })).toEqual(['/a/h.a', '/b/h_a', 'g']);
    const odd = { sockets: four, numbers: [1, 2, 2, 3], count: 4 };
    expect(labelsOf('number', odd)).toEqual(['1', 'h2.sock', 'h3.sock', '3']);
  });

  it.each<[ProcessLabel, Node]>([
    ['socket', { sockets: ['/a/h.a', '/a/h_a'] }],
    ['socket', { sockets: ['/a/h.a'], missing: ['/a/h_a'] }],
    ['socket', { sockets: ['/a.b/h', '/a_b/h', '/c/_a_b_h'] }],
    ['number', { sockets: ['/run/3', '/run/2', '/run/1', '/run/x'], numbers: [1, 2, 2, 3], count: 4 }],
  ])('%s: never gives two processes of %j what becomes the same in paths', (label, node) => {
    const missing = node.missing ?? [];
    const segments = [
      ...labelsOf(label, node),
      ...labelsOf(label, { sockets: missing, missing: node.sockets }),
    ].map(pathSegment);
    expect(new Set(segments).size).toBe(node.sockets.length + missing.length);
  });
});
