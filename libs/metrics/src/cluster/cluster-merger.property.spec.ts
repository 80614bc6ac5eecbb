import { fields } from '@haproxystats/haproxy';
import fc from 'fast-check';
import { arbitraryProcesses, expectClose } from '../../../../test/support/arbitrary-processes';
import { frameHead } from '../../../../test/support/frames';
import {
  cellsOfTables,
  plainMerge,
  textOf,
  type PlainCells,
  type PlainProcess,
} from '../../../../test/support/plain-merge';
import { ProcessMerger } from '../merge-processes';
import type { Frame, Table } from '../frame';
import { ClusterMerger } from './cluster-merger';

const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });

function frameOf(node: string, processes: readonly PlainProcess[]): Frame {
  const { tables } = merger.merge(processes.map(textOf), { expected: 2 });
  return { head: frameHead({ node }), tables };
}

/** Nodes of a cluster, each with its processes. */
const cluster = fc
  .array(arbitraryProcesses, { minLength: 1, maxLength: 4 })
  .map((nodes) =>
    nodes.map((all, node) => all.map((each) => ({ ...each, process: `${each.process}.${node}` }))),
  );

function merged(frames: readonly Frame[], into = new ClusterMerger()): readonly Table[] {
  for (const frame of frames) into.add(frame);
  return into.take().tables;
}

const others = fields.filter(({ exact }) => exact.nodes !== exact.processes).map(({ name }) => name);
const notCommon = new Set(['nodes', 'drift', ...others]);

/** What the catalogue combines over nodes as over processes, and is not a node's alone. */
function common(cells: PlainCells): PlainCells {
  const isCommon = (key: string): boolean =>
    !key.startsWith('process ') && key.split(' ').every((word) => !notCommon.has(word));
  return Object.fromEntries(Object.entries(cells).filter(([key]) => isCommon(key)));
}

describe('merging nodes', () => {
  it('gives what merging all their processes at once gives', () => {
    fc.assert(
      fc.property(cluster, (nodes) => {
        const tables = merged(nodes.map((all, node) => frameOf(`n${node}`, all)));
        expectClose(common(cellsOfTables(tables)), common(plainMerge(nodes.flat(), 'exact')));
      }),
      { numRuns: 200 },
    );
  });

  it('does not care for the order of the nodes: rows and columns stand in the same order too', () => {
    fc.assert(
      fc.property(cluster, (nodes) => {
        const frames = nodes.map((all, node) => frameOf(`n${node}`, all));
        const [tables, back] = [merged(frames), merged(frames.toReversed())];
        const shape = (all: readonly Table[]) =>
          all.map(({ kind, proxies, servers, columns }) => ({
            kind,
            proxies,
            servers,
            columns: columns.map(({ field, rule, part }) => `${field} ${rule} ${part}`),
          }));
        expect(shape(back)).toEqual(shape(tables));
        expectClose(cellsOfTables(back), cellsOfTables(tables));
      }),
      { numRuns: 100 },
    );
  });

  it('counts for each row the nodes that have it', () => {
    fc.assert(
      fc.property(cluster, (nodes) => {
        const frames = nodes.map((all, node) => frameOf(`n${node}`, all));
        for (const { kind, proxies, servers, columns } of merged(frames)) {
          if (kind === 'daemon') continue;
          const counts = columns.find(({ field }) => field === 'nodes')!.values;
          proxies.forEach((proxy, row) => {
            const having = frames.filter(({ tables }) =>
              tables.some(
                (table) =>
                  table.kind === kind &&
                  table.proxies.some((each, i) => each === proxy && table.servers[i] === servers[row]),
              ),
            );
            expect(counts[row]).toBe(having.length);
          });
        }
      }),
      { numRuns: 50 },
    );
  });

  it('gives the same whatever was merged before: what is remembered of rows and columns changes nothing', () => {
    fc.assert(
      fc.property(fc.array(cluster, { minLength: 2, maxLength: 5 }), (slots) => {
        const used = new ClusterMerger();
        for (const nodes of slots) {
          const frames = nodes.map((all, node) => frameOf(`n${node}`, all));
          expect(merged(frames, used)).toEqual(merged(frames));
        }
      }),
      { numRuns: 50 },
    );
  });
});
