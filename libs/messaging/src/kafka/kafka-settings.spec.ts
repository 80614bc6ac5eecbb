import { loadConfig } from '../../../../test/support/load-config';
import { kafkaSettingsOf, validateKafka } from './kafka-settings';

const faultsOf = (text: string): readonly string[] =>
  loadConfig(`[kafka]\nbrokers = k:9093\n${text}`, { validators: [validateKafka] }).faults;

describe('[kafka]', () => {
  it('is plain, and logs nobody in, unless told', () => {
    const { settings } = loadConfig('[kafka]\nbrokers = k:9092\n');
    expect(kafkaSettingsOf(settings)).toMatchObject({ security: { tls: undefined, login: undefined } });
    expect(kafkaSettingsOf(loadConfig('').settings)).toBeUndefined();
  });

  it('takes TLS, and a login whose password is set or in a file', () => {
    const securityOf = (text: string) =>
      kafkaSettingsOf(loadConfig(`[kafka]\nbrokers = k:9093\n${text}`).settings)!.security;
    expect(securityOf('tls = yes\ntls-ca = /ca\ntls-cert = /cert\ntls-key = /key\n')).toEqual({
      tls: { section: 'kafka', ca: '/ca', cert: '/cert', key: '/key' },
      login: undefined,
    });
    const login = 'sasl-mechanism = scram-sha-256\nsasl-username = me\n';
    const me = { mechanism: 'scram-sha-256', username: 'me' };
    expect(securityOf(`${login}sasl-password = s3cret\n`)?.login).toEqual({ ...me, password: 's3cret' });
    const password = { section: 'kafka', key: 'sasl-password-file', path: '/p' };
    expect(securityOf(`${login}sasl-password-file = /p\n`)?.login).toEqual({ ...me, password });
  });

  it.each([
    ['tls-ca = /ca\n', ":3: option 'tls-ca' in section 'kafka': it counts only with 'tls = true'"],
    ['sasl-password = s3cret\n', "'sasl-password' in section 'kafka': it counts only with 'sasl-mechanism'"],
    ['sasl-mechanism = plain\n', "'sasl-mechanism' in section 'kafka': a login needs 'sasl-username' too"],
    [
      'sasl-mechanism = plain\nsasl-username = me\n',
      "a login needs 'sasl-password' or 'sasl-password-file' too",
    ],
    [
      'sasl-mechanism = plain\nsasl-username = me\nsasl-password = s3cret\nsasl-password-file = /p\n',
      "'sasl-password' and 'sasl-password-file' are both set: keep one of them",
    ],
    [
      'sasl-mechanism = plain\nsasl-username = me\nsasl-password-file = /absent\n',
      ":5: option 'sasl-password-file' in section 'kafka': '/absent' cannot be read: ENOENT",
    ],
    [
      'tls = true\ntls-ca = /absent\n',
      ":4: option 'tls-ca' in section 'kafka': '/absent' cannot be read: ENOENT",
    ],
  ])('refuses %j', (text, expected) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(expected);
    expect(faults[0]).not.toContain('s3cret');
  });

  it('is not looked at where no brokers are named', () => {
    expect(loadConfig('[kafka]\ntls-ca = /absent\n', { validators: [validateKafka] }).faults).toEqual([]);
  });
});
