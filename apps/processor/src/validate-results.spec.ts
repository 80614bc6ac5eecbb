import { loadConfig } from '../../../test/support/load-config';
import { metricValidators } from './validate-process';
import { validateResults } from './validate-results';

const faultsOf = (text: string): string[] => [
  ...loadConfig(text, { validators: [...metricValidators, validateResults] }).faults,
];

const role = '[process]\nroles = kafka\n';
const kafka = '[kafka]\nbrokers = k:9092\n';

describe('the role kafka', () => {
  it('needs Kafka', () => {
    expect(faultsOf(role)).toEqual([
      "haproxystats.conf:2: option 'roles' in section 'process': role 'kafka' needs 'brokers' in section 'kafka': it writes into topics",
    ]);
    expect(faultsOf(role + kafka)).toEqual([]);
  });

  it('needs a registry for Avro, and only for that', () => {
    const avro = '[results]\nformat = avro\n';
    expect(faultsOf(role + kafka + avro)).toEqual([
      "haproxystats.conf:6: option 'format' in section 'results': 'avro' needs 'url' in section 'registry'; 'json' needs no registry",
    ]);
    expect(faultsOf(`${role}${kafka}${avro}[registry]\nurl = http://r:8081\n`)).toEqual([]);
    expect(faultsOf(kafka + avro)).toEqual([]);
  });

  it('checks how the registry is reached where it is asked', () => {
    const registry = '[registry]\nurl = http://r:8081\nusername = me\n';
    expect(faultsOf(role + kafka + registry)).toEqual([
      "haproxystats.conf:7: option 'username' in section 'registry': a login needs 'password' or 'password-file' too",
    ]);
    expect(faultsOf(`${role}${kafka}${registry}[results]\nformat = json\n`)).toEqual([]);
  });

  it('has lists of its own, in which every name must be known', () => {
    expect(faultsOf('[results]\nserver-metrics = lbtot scurr\nbackend-metrics = scur\n')).toEqual([
      "haproxystats.conf:2: option 'server-metrics' in section 'results': invalid list of metrics: servers have no 'scurr': did you mean 'scur'?",
    ]);
  });
});
