import { causesOf } from '../causes';

interface TlsFaultRow {
  /** The codes of Node.js and OpenSSL. */
  readonly codes: RegExp;
  readonly reason: string;
  readonly advice: string;
}

/** WHY A TLS CONNECTION FAILS: the first row that matches says what to do. */
const rows: readonly TlsFaultRow[] = [
  {
    codes: /^CERT_HAS_EXPIRED$/,
    reason: "the server's certificate has expired",
    advice: 'renew it there',
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    reason: "the server's certificate does not count yet",
    advice: 'look at the clocks of both sides',
  },
  {
    codes: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    reason: "the server's certificate is for other names",
    advice:
      'use one of these names as its address, or give it a certificate with a subjectAltName for this one',
  },
  {
    codes: /SELF_SIGNED|UNABLE_TO_|^CERT_|^INVALID_CA$|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE/,
    reason: "nobody who is trusted here has signed the server's certificate",
    advice: "'tls-ca' must name the file with the CA that has signed it",
  },
  {
    codes: /^ERR_SSL_WRONG_VERSION_NUMBER$|^ERR_SSL_PACKET_LENGTH_TOO_LONG$/,
    reason: 'the server does not speak TLS at this port',
    advice: 'use its TLS port, or no TLS',
  },
  {
    codes:
      /ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_(UNKNOWN|EXPIRED|REVOKED)|UNSUPPORTED_CERTIFICATE)/,
    reason: 'the server does not accept our certificate, or wants one',
    advice: "'tls-cert' and 'tls-key' must name one that is good and that the server's CA has signed",
  },
  {
    codes: /^(ERR_SSL_|ERR_TLS_|EPROTO$)/,
    reason: 'no TLS session comes about',
    advice: 'look at the log of the server',
  },
];

/** The reason and what to do, where an error, or one that caused it, tells that TLS failed for good; undefined for any other. */
export function tlsFaultOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const { code } = cause as NodeJS.ErrnoException;
    const row = typeof code === 'string' ? rows.find(({ codes }) => codes.test(code)) : undefined;
    if (row) return `${row.reason} (${code!}): ${row.advice}`;
  }
  return undefined;
}
