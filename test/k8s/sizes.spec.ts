import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '@haproxystats/runtime';
import { bytesOf, coresOf } from './quantity';
import { manifestsOf, prepareTools, render, root } from './rendered';
import { named, ofKind, type Container, type Manifest, type Manifests } from './manifests';
import { measured, plan, queueSize, sizedRoles, sizeOf, type Fleet, type SizedRole } from './sizes';
import { fleets, sizesTable } from './sizes-table';

const readme = join(root, 'k8s/README.md');
const block = /(<!-- Computed by test\/k8s\/sizes.ts\. -->\n\n)[^]*?(\n\n<!-- -->)/;
const namespace = 'haproxystats';

beforeAll(prepareTools);

describe('the sizes of k8s/README.md', () => {
  it('are those that are computed (UPDATE_DOCS=1 writes them anew)', () => {
    const page = readFileSync(readme, 'utf8');
    const written = page.replace(block, (_, before: string, after: string) => before + sizesTable() + after);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(readme, written);
    expect(page).toMatch(block);
    expect(readFileSync(readme, 'utf8')).toBe(written);
  });

  it('begin with figures that docs/PERFORMANCE.md has', () => {
    const page = readFileSync(join(root, 'docs/PERFORMANCE.md'), 'utf8').replaceAll(/ +/g, ' ');
    const { node, puller } = measured;
    expect(page).toContain(`a poll and second | ${puller.peakMegabytes} MB | ${puller.cpuSeconds} |`);
    expect(page).toMatch(new RegExp(`\\| 100 \\| [\\d,]+ \\| ${node.ofOne} \\|`));
    expect(page).toContain(`4 processes cost the role \`node\` ${node.ofEachOfFour} CPU s`);
    expect(page).toContain(`its peak was ${node.peakMegabytes} MB`);
  });

  it('go by the defaults of the programs', () => {
    const { settings } = loadSettings({ env: {}, hostname: 'lb1' });
    expect(settings.pull['queue-size']).toBe(queueSize);
    expect(settings.pull['pull-interval']).toBe(plan.intervalSeconds);
    expect(measured.stateBytesPerRow).toBe(settings.process['rate-fields'].length * 8 * 1.5);
  });
});

const overlays: readonly (readonly [directory: string, fleet: Fleet])[] = [
  ['k8s/base', fleets[0]!],
  ['k8s/overlays/prod', fleets[1]!],
];

describe.each(overlays)('%s', (directory, fleet) => {
  const size = sizeOf(fleet);
  let manifests: Manifests;

  beforeAll(() => {
    manifests = manifestsOf(render(directory));
  });

  const containerOf = (role: SizedRole): Container =>
    named(manifests, 'Deployment', { namespace, name: `processor-${role}` })!.spec.template.spec
      .containers[0]!;

  it.each(sizedRoles)('gives the role %s what it needs', (role) => {
    const { memory, cores, replicas } = size.roles[role];
    const { requests = {}, limits = {} } = containerOf(role).resources!;
    expect(bytesOf(requests['memory']!)).toBeGreaterThanOrEqual(memory.request * 1e6);
    expect(bytesOf(limits['memory']!)).toBeGreaterThanOrEqual(memory.limit * 1e6);
    expect(coresOf(requests['cpu']!)).toBeGreaterThanOrEqual(cores / replicas);
  });

  it.each(sizedRoles)('scales the role %s between what it needs and what can work', (role) => {
    const { spec } = named(manifests, 'ScaledObject', { namespace, name: `processor-${role}` })!;
    const { replicas, lagThreshold } = size.roles[role];
    expect(spec.minReplicaCount).toBe(replicas);
    expect(spec.maxReplicaCount).toBe(size.partitions);
    expect(Number(spec.triggers[0]!.metadata['lagThreshold'])).toBe(lagThreshold);
  });

  const pullers = (): Manifest<'DaemonSet'>[] => ofKind(manifests, 'DaemonSet');

  it('has the load balancers in as many clusters as one instance each can read', () => {
    const names = pullers().map(({ spec }) => spec.template.metadata.labels['haproxystats/cluster']);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(size.clusters);
  });

  it('gives a puller room for its spool', () => {
    const { volumes = [], containers } = pullers()[0]!.spec.template.spec;
    const spool = volumes.find(({ name }) => name === 'spool')!.emptyDir!.sizeLimit!;
    const { limits = {}, requests = {} } = containers[0]!.resources!;
    expect(bytesOf(spool)).toBeGreaterThan(size.puller.spoolMegabytes * 1e6 * 2);
    expect(bytesOf(limits['ephemeral-storage']!)).toBeGreaterThanOrEqual(bytesOf(spool));
    expect(bytesOf(requests['memory']!)).toBeGreaterThan(measured.puller.peakMegabytes * 1e6);
    expect(coresOf(requests['cpu']!)).toBeGreaterThan(size.puller.cores);
  });
});
