import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const text = (name: string): string => readFileSync(resolve(root, name), 'utf8');
const dockerfile = text('Dockerfile');
const page = text('docs/IMAGE.md');

describe('the Dockerfile', () => {
  const { devDependencies } = JSON.parse(text('package.json')) as { devDependencies: Record<string, string> };

  it('takes the Node.js that the tests run on, of an exact version', () => {
    const [, version] = /^ARG NODE_VERSION=(\S+)$/m.exec(dockerfile)!;
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(version).toBe(devDependencies['node']);
  });

  it('copies nothing that .dockerignore keeps from it', () => {
    const kept = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) =>
      paths!.split(' '),
    );
    expect(copied.length).toBeGreaterThan(0);
    expect([...new Set(copied)].sort()).toEqual([...new Set(kept)].sort());
  });
});

describe('docs/IMAGE.md', () => {
  it('has the ports, the user and the Node.js of the Dockerfile', () => {
    const [, ports] = /^EXPOSE (.+)$/m.exec(dockerfile)!;
    for (const port of ports!.split(' ')) expect(page).toContain(port);
    const [, user] = /^USER (.+)$/m.exec(dockerfile)!;
    expect(page).toContain(`\`${user!}\``);
    const [, version] = /^ARG NODE_VERSION=(\S+)$/m.exec(dockerfile)!;
    expect(page).toContain(`node:${version!}-bookworm-slim`);
  });

  it('pins the tag of every image that it names', () => {
    const { version } = JSON.parse(text('package.json')) as { version: string };
    const named = [...page.matchAll(/(?<![\w/])haproxystats:(\w[\w.-]*)/g)].map(([, tag]) => tag!);
    expect(named.length).toBeGreaterThan(0);
    expect([...new Set(named)]).toEqual([version]);
  });
});
