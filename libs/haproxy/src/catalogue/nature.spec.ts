import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { natures, type EntityKind, type Nature } from '../field';
import { natureOfTag } from '../tags';
import { fieldNamed, fields } from './catalogue';
import { wordsOf } from './words';

/** What test/fixtures/fields.json says of a field: its nature is that of the tag. */
interface Fact {
  readonly name: string;
  readonly kind: 'info' | 'stat';
  readonly types: readonly EntityKind[];
  readonly nature: string;
}

const facts = JSON.parse(
  readFileSync(join(__dirname, '../../../../test/fixtures/fields.json'), 'utf8'),
) as Fact[];

const words: Readonly<Record<string, Nature>> = {
  avg: 'average',
  max: 'maximum',
  name: 'text',
  output: 'text',
};

interface Deviation {
  readonly names: string;
  readonly kinds?: readonly EntityKind[];
  readonly from: Nature;
  readonly to: Nature;
  readonly why: string;
}

/** Where the tag misleads. */
const deviations: readonly Deviation[] = [
  {
    names: `TotalBytesOut TotalSplicedBytesOut DroppedLogs FailedResolutions DebugCommandsIssued CumStreams
      BlockedTrafficWarnings PatternsAdded PatternsFreed`,
    from: 'gauge',
    to: 'counter',
    why: 'only grows until the process ends',
  },
  {
    names: `sent send_error valid update cname cname_error any_err nx timeout refused other invalid too_big truncated
      outdated`,
    kinds: ['nameserver'],
    from: 'gauge',
    to: 'counter',
    why: 'all counters of resolvers are tagged so',
  },
  { names: 'SslFrontendKeyRate', from: 'gauge', to: 'rate', why: 'keys in the last second' },
  {
    names: 'SslFrontendSessionReuse_pct',
    from: 'gauge',
    to: 'average',
    why: 'a share: of several processes it is never the sum',
  },
  { names: 'Stopping BusyPolling Tainted', from: 'gauge', to: 'flag', why: 'yes or no, or bits' },
  { names: 'MaxSessRate', from: 'rate', to: 'maximum', why: 'the largest rate since the start' },
  { names: 'MaxSslConns', from: 'maximum', to: 'limit', why: 'the setting maxsslconn' },
  { names: 'qlimit', from: 'gauge', to: 'limit', why: 'the setting maxqueue' },
  { names: 'downtime', from: 'counter', to: 'duration', why: 'each process counts the same seconds' },
  { names: 'Start_time_sec', from: 'duration', to: 'time', why: 'seconds since the epoch' },
  { names: 'Uptime', from: 'duration', to: 'text', why: 'printed as 0d 0h00m00s' },
  {
    names: 'type pid iid sid id Process_num Pid',
    from: 'gauge',
    to: 'identifier',
    why: 'tells things apart',
  },
  { names: 'srid', from: 'counter', to: 'identifier', why: 'the revision of the server' },
  { names: 'mode algo addr proto status', from: 'gauge', to: 'text', why: 'words' },
  {
    names: 'Nbproc Nbthread NbThreadGroups check_rise check_fall agent_rise agent_fall',
    from: 'gauge',
    to: 'setting',
    why: 'given by the configuration',
  },
  {
    names: 'act bck',
    kinds: ['server'],
    from: 'gauge',
    to: 'setting',
    why: "a server's role, given by the configuration",
  },
];

const cases = facts.flatMap(({ name, kind, types, nature }) =>
  (kind === 'info' ? (['daemon'] as const) : types).map((of) => ({
    name,
    of,
    said: words[nature] ?? (nature as Nature),
  })),
);

function deviationOf(name: string, kind: EntityKind): Deviation | undefined {
  return deviations.find(
    ({ names, kinds = [kind] }) => wordsOf(names).includes(name) && kinds.includes(kind),
  );
}

describe('the nature of a field', () => {
  it('is what its tag says, except where that misleads', () => {
    expect(cases.length).toBeGreaterThan(314);
    const wrong = cases.filter(
      ({ name, of, said }) => fieldNamed(of, name)!.nature !== (deviationOf(name, of)?.to ?? said),
    );
    expect(wrong).toEqual([]);
  });

  it('differs from the tag for no field that does not need it', () => {
    for (const { names, kinds, from, to } of deviations) {
      for (const name of wordsOf(names)) {
        const misled = cases.filter(
          (each) => each.name === name && (kinds ?? [each.of]).includes(each.of) && each.said === from,
        );
        expect({ name, needed: misled.length > 0 && from !== to }).toEqual({ name, needed: true });
      }
    }
  });

  it('says of every field that is sent whether it only grows', () => {
    const counters = fields.filter(({ nature }) => nature === 'counter');
    expect(counters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['stot', 'CumReq', 'TotalBytesOut']),
    );
    expect(counters.filter(({ exact }) => !['sum', 'sumMax'].includes(exact.processes))).toEqual([]);
    expect(fields.filter(({ nature }) => !natures.includes(nature))).toEqual([]);
  });
});

describe('natureOfTag', () => {
  it.each([
    ['MCP', 'counter'],
    ['MGPV', 'gauge'],
    ['MaP', 'average'],
    ['CLP', 'limit'],
    ['MmP', 'minimum'],
    ['MTs', 'time'],
    ['MOP', 'text'],
    ['MXP', undefined],
    ['', undefined],
  ])('%j -> %s', (tag, nature) => {
    expect(natureOfTag(tag)).toBe(nature);
  });
});
