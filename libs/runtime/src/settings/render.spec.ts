import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hidePassword, renderDefaults, renderFaults, renderSettings } from './render';
import { loadSettings, type LoadedSettings } from './settings';

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
    expect(sections[0]).toBe('[DEFAULT]\ninterval = 2\nloglevel = info\nretries = 2\ntimeout = 1');
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
    expect(load(defaults)).toMatchObject({ settings: load('').settings, faults: [] });
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
    const shown = renderSettings(load('[redis]\nurl = rediss://me:p@ss/word@host:6379/0\n'));
    expect(shown).toContain('\nurl = rediss://me:***@host:6379/0\n');
  });

  it('keeps groups in the order in which they are tried', () => {
    const groups = '[backend-groups]\nzebra = ^z$$\napple = a{2}\n';
    const text = `[graphite]\ngroup-namespace = g\ngroup-namespace-double-writes = no\n${groups}`;
    expect(renderSettings(load(text))).toContain(groups);
  });

  it('means the same when it is read again', () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter(isOneLine);
    const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const port = fc.integer({ min: 1, max: 65535 });
    const settings = fc.record({
      pull: fc.record(
        {
          'socket-dir': word,
          servers: fc
            .array(
              fc.tuple(host, port).map(([name, number]) => `tcp://${name}:${number}`),
              { minLength: 1 },
            )
            .map((urls) => [...urls, 'tcp://[::1]:5', 'unix:///run/a b'].join(',')),
          timeout: fc.double({ min: 0.001, max: 1e6, noNaN: true }).map(String),
          retries: fc.integer({ min: -1, max: 1e9 }).map(String),
        },
        { requiredKeys: [] },
      ),
      process: fc.record(
        {
          roles: fc.constantFrom('node', 'graphite', 'graphite,node'),
          'frontend-metrics': fc.array(host, { minLength: 1 }).map((names) => names.join(' ')),
          'per-process-metrics': fc.constantFrom('yes', 'OFF', '1', 'False'),
        },
        { requiredKeys: [] },
      ),
      graphite: fc.record(
        { namespace: fc.stringMatching(/^[a-zA-Z0-9_:-]+(\.[a-zA-Z0-9_:-]+)*$/) },
        { requiredKeys: [] },
      ),
      kafka: fc.record(
        { brokers: fc.tuple(host, port).map(([name, number]) => `${name}:${number},${name}x:1`) },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(settings, (written) => {
        const first = load(iniOf(written));
        expect(first.faults).toEqual([]);
        const second = load(renderSettings(first));
        expect(second.faults).toEqual([]);
        expect(second.settings).toEqual(first.settings);
      }),
      { numRuns: 100 },
    );
  });
});

function isOneLine(text: string): boolean {
  return !/[\r\n\ufffd]|[\ud800-\udfff]/.test(text) && /[a-z]/.test(text);
}

function iniOf(settings: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>): string {
  const sections = Object.entries(settings).map(([name, options]) => {
    const lines = Object.entries(options).map(
      ([key, value]) => `${key} = ${(value ?? '').replaceAll('$', '$$$$')}\n`,
    );
    return `[${name}]\n${lines.join('')}`;
  });
  return sections.join('');
}

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
