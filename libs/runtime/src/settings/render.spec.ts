import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hidePassword, renderDefaults, renderFaults, renderSettings } from './render';
import { arbitraryConfig } from '../../../../test/support/arbitrary-config';
import { loadSettings, type LoadedSettings } from './load-settings';
import type { Settings } from './settings';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'render-'));
});

afterAll(() => {
  rmSync(dir, { recursive: true });
});

function load(text: string): LoadedSettings {
  const file = join(dir, 'haproxystats.conf');
  writeFileSync(file, text);
  return loadSettings({ file, env: {}, hostname: 'lb1' });
}

const sectionsIn = (text: string): string[] => [...text.matchAll(/^\[(.+)\]$/gm)].map(([, name]) => name!);

describe('renderDefaults', () => {
  const defaults = renderDefaults('all', 'lb1');

  it('sorts sections and options, with an empty line behind each section', () => {
    const sections = defaults.split('\n\n').slice(0, -1);
    const names = sectionsIn(defaults);
    expect(names).toEqual([...names].sort());
    expect(sections[0]).toBe(
      '[DEFAULT]\ninterval = 2\nloglevel = info\nretries = 2\nstop-timeout = 25\ntimeout = 1',
    );
    for (const section of sections) {
      const keys = section.split('\n').slice(1);
      expect(keys).toEqual([...keys].sort());
    }
  });

  it('shows what is inherited and computed', () => {
    expect(defaults).toContain('\nloglevel = info\nnode = lb1\n');
    expect(defaults).toContain('\nframes-dir = /var/lib/haproxystats/incoming.frames\n');
  });

  it('means the defaults when it is read', () => {
    const { written, ...values } = load('').settings;
    expect(written.size).toBe(0);
    expect(load(defaults)).toMatchObject({ settings: values, faults: [] });
  });

  it('shows each program its own sections', () => {
    expect(sectionsIn(renderDefaults('pull', 'lb1'))).toEqual([
      'DEFAULT',
      'cluster',
      'kafka',
      'pull',
      'redis',
    ]);
    expect(sectionsIn(renderDefaults('process', 'lb1'))).toEqual(
      sectionsIn(defaults).filter((name) => name !== 'pull'),
    );
  });
});

describe('renderSettings', () => {
  it('hides passwords', () => {
    const shown = renderSettings(load('[redis]\nurl = rediss://me:p%40ss@host:6379/0\n'));
    expect(shown).toContain('\nurl = rediss://me:***@host:6379/0\n');
    const whole = renderSettings(load('[kafka]\nsasl-password = s3cret\n'));
    expect(whole).toContain('\nsasl-password = ***\n');
    expect(whole).not.toContain('s3cret');
  });

  it('keeps groups in the order in which they are tried', () => {
    const groups = '[backend-groups]\nzebra = ^z$$\napple = a{2}\n';
    const text = `[graphite]\ngroup-namespace = g\ngroup-namespace-double-writes = no\n${groups}`;
    expect(renderSettings(load(text))).toContain(groups);
  });

  it('means the same when it is read again', () => {
    const bare = ({ derived, ...settings }: Settings) => ({
      ...settings,
      written: undefined,
      derived: derived.map(({ section, name, formula }) => ({ section, name, formula })),
    });
    fc.assert(
      fc.property(arbitraryConfig, (text) => {
        const first = load(text);
        expect(first.faults).toEqual([]);
        const second = load(renderSettings(first));
        expect(second.faults).toEqual([]);
        expect(bare(second.settings)).toEqual(bare(first.settings));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps derived metrics in their order, with their capitals', () => {
    const text = '[backend-derived]\nZ-Ratio = a / b\nAll = 1 + 2\n';
    expect(renderSettings(load(text))).toContain(`${text}\n`);
  });

  it('shows a local store only where there is one, and the role that follows from it', () => {
    expect(sectionsIn(renderSettings(load('')))).not.toContain('local-store');
    const shown = renderSettings(load('[local-store]\ndir = /srv\n'));
    expect(shown).toContain('[local-store]\ndir = /srv\nmax-size = 1073741824\nretention = 86400\n\n');
    expect(shown).toContain('\nroles = node, graphite, local-store\n');
  });
});

describe('renderFaults', () => {
  it('leaves out a line that is none', () => {
    const faults = [
      { file: 'a.conf', line: 3, message: 'wrong' },
      { file: 'HAPROXYSTATS_X', line: 0, message: 'unknown variable' },
    ];
    expect(renderFaults(faults)).toBe('a.conf:3: wrong\nHAPROXYSTATS_X: unknown variable\n');
  });
});

describe('hidePassword', () => {
  it.each([
    ['redis://host:6379/0', 'redis://host:6379/0'],
    ['redis://me@host', 'redis://me@host'],
    ['redis://:secret@host', 'redis://:***@host'],
    ['redis://me:a:b@c/d@host', 'redis://me:***@host'],
    ['redis://host/0?password=secret&db=1', 'redis://host/0?password=***&db=1'],
  ])('%s -> %s', (url, shown) => {
    expect(hidePassword(url)).toBe(shown);
  });
});
