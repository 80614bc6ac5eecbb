import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './rendered';

const script = join(root, 'scripts/check-k8s.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'haproxystats-k8s-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** `npm run check:k8s` on the base alone, one file changed. */
function check(file: string, change: (text: string) => string): { status: number | null; said: string } {
  cpSync(join(root, 'k8s/base'), join(folder, 'base'), { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('npm run check:k8s', () => {
  it('is content with what is there, and says what it has looked at', () => {
    const { status, said } = check('base/kustomization.yaml', (text) => text);
    expect(said).toMatch(/base: Summary: 36 resources found .* Invalid: 0, Errors: 0, Skipped: 0/);
    expect(status).toBe(0);
  });

  it.each([
    [
      'a misspelt field',
      'base/puller/cluster/daemon-set.yaml',
      'livenessProbe:',
      'livenesProbe:',
      /livenesProbe/,
    ],
    [
      'a wrong trigger',
      'base/processor/roles/events/kustomization.yaml',
      'type: kafka',
      'type: kaffka',
      /type/,
    ],
    [
      'a kind without a schema',
      'base/processor/role/disruption-budget.yaml',
      'policy/v1',
      'policy/v2',
      /schema/,
    ],
    [
      'a file that is missing',
      'base/processor/kustomization.yaml',
      'topics-job.yaml',
      'topics.yaml',
      /topics\.yaml/,
    ],
    ['a field twice', 'base/processor/service-account.yaml', 'kind:', 'kind: Secret\nkind:', /kind/],
  ])('ends with status 1 and names it: %s', (...[, file, from, to, said]) => {
    const result = check(file, (text) => text.replace(from, to));
    expect(result.said).toMatch(said);
    expect(result.status).toBe(1);
  });
});
