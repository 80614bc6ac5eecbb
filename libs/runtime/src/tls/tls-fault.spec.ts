import { tlsFaultOf } from './tls-fault';

const coded = (code: string): Error => Object.assign(new Error('of TLS'), { code });

describe('tlsFaultOf', () => {
  it.each([
    ['CERT_HAS_EXPIRED', /has expired .*renew it there/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /is for other names/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /'tls-ca' must name/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /'tls-ca' must name/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS at this port/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /'tls-cert' and 'tls-key' must name/],
    ['ERR_SSL_NO_PROTOCOLS_AVAILABLE', /no TLS session comes about .*log of the server/],
  ])('knows %s, with its code, also as the cause of another error', (code, expected) => {
    expect(tlsFaultOf(coded(code))).toMatch(expected);
    expect(tlsFaultOf(new Error('wrapped', { cause: coded(code) }))).toContain(`(${code})`);
  });

  it('leaves to others what is none of TLS', () => {
    expect(tlsFaultOf(coded('ECONNREFUSED'))).toBeUndefined();
    expect(tlsFaultOf(new Error('without a code'))).toBeUndefined();
    expect(tlsFaultOf(undefined)).toBeUndefined();
  });
});
