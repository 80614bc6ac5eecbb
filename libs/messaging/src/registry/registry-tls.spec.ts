import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../../../../test/support/certificates';
import { FakeRegistry } from '../../../../test/support/fake-registry';
import { createRecordEncoder } from './create-record-encoder';
import { schemaOf, subjectOf } from './subjects';

describe('a registry behind TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-registry-tls-'));
  let authority: Authority;
  let fake: FakeRegistry;
  let url: string;

  beforeAll(async () => {
    authority = new Authority(directory);
    const { cert, key } = authority.issue('registry');
    fake = new FakeRegistry({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });
    fake.put(subjectOf('hs', 'events'), schemaOf('events'));
    url = await fake.start();
  });
  afterAll(async () => {
    await fake.stop();
    rmSync(directory, { recursive: true });
  });

  const prepare = (caFile?: string, to = url): Promise<void> => {
    const registry = { url: to, ...(caFile !== undefined && { caFile }) };
    return createRecordEncoder({ format: 'avro', topicPrefix: 'hs', registry }).prepare('events');
  };

  it('is trusted by its CA alone', async () => {
    await prepare(authority.ca);
    await expect(prepare()).rejects.toThrow(/cannot be reached: .*'tls-ca' must name the file/);
    await expect(prepare(new Authority(directory).ca)).rejects.toThrow(/'tls-ca' must name the file/);
    await expect(prepare(join(directory, 'absent.pem'))).rejects.toThrow(
      /option 'tls-ca' in section 'registry'/,
    );
  });

  it('must be the one that the url names', async () => {
    const { cert, key } = authority.issue('other', { names: 'DNS:registry.example.org' });
    const other = new FakeRegistry({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });
    const to = await other.start();
    await expect(prepare(authority.ca, to)).rejects.toThrow(/certificate is for other names/);
    await other.stop();
    expect(other.requests).toEqual([]);
  });
});
