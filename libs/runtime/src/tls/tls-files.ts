import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { OptionFault } from './option-fault';
import { optionFault, readOptionFile, type OptionFile } from './option-file';

/** Paths of PEM files, as a section names them. */
export interface TlsFiles {
  readonly section: string;
  /** Who signs the servers' certificates; undefined: whom Node.js trusts. */
  readonly ca: string | undefined;
  /** What this client shows of itself, with its key; undefined: nothing. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** What `tls.connect` takes. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the files and checks all that can be known before a connection: that they are there, hold what they should, have not expired,
 * and that key and certificate belong together. Throws OptionFault for the first that does not.
 */
export function readTlsFiles(files: TlsFiles, now: Date = new Date()): TlsMaterial {
  const { ca, cert, key } = files;
  requireBoth(files);
  const material: { ca?: string; cert?: string; key?: string } = {};
  if (ca !== undefined) material.ca = readCertificates(fileOf(files, 'ca', ca), now).pem;
  if (cert === undefined || key === undefined) return material;
  const own = readCertificates(fileOf(files, 'cert', cert), now);
  const keyFile = fileOf(files, 'key', key);
  const keyPem = readOptionFile(keyFile);
  if (!own.first.checkPrivateKey(privateKey(keyFile, keyPem)))
    throw optionFault(
      keyFile,
      `is not the key of the certificate in '${cert}': name the two that were made together`,
    );
  return { ...material, cert: own.pem, key: keyPem };
}

function fileOf({ section }: TlsFiles, key: 'ca' | 'cert' | 'key', path: string): OptionFile {
  return { section, key: `tls-${key}`, path };
}

function requireBoth({ section, cert, key }: TlsFiles): void {
  if ((cert === undefined) === (key === undefined)) return;
  const [there, missing] = cert === undefined ? ['tls-key', 'tls-cert'] : ['tls-cert', 'tls-key'];
  throw new OptionFault(
    section,
    there,
    `it needs '${missing}' beside it: a certificate and its key go together`,
  );
}

/** All certificates of a file must be readable; one that counts now is enough, since bundles keep old ones. */
function readCertificates(file: OptionFile, now: Date): { pem: string; first: X509Certificate } {
  const pem = readOptionFile(file);
  const blocks = pem.match(pemCertificate) ?? [];
  const certificates = blocks.map((block) => parseCertificate(file, block));
  const [first] = certificates;
  if (!first) throw optionFault(file, "holds no certificate in PEM ('-----BEGIN CERTIFICATE-----')");
  const faults = certificates.map((certificate) => faultOfTime(certificate, now));
  const fault = file.key === 'tls-cert' ? faults[0] : faults.every((each) => each) ? faults[0] : undefined;
  if (fault !== undefined) throw optionFault(file, fault);
  return { pem, first };
}

function parseCertificate(file: OptionFile, block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (error) {
    throw optionFault(file, `holds a certificate that cannot be read: ${(error as Error).message}`);
  }
}

function faultOfTime({ subject, validFrom, validTo }: X509Certificate, now: Date): string | undefined {
  const whose = `the certificate of ${oneLine(subject)}`;
  if (new Date(validTo) < now) return `has expired: ${whose} was good until ${validTo}`;
  if (new Date(validFrom) > now)
    return `does not count yet: ${whose} is good from ${validFrom} on. Is the clock right?`;
  return undefined;
}

function privateKey(file: OptionFile, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    if (isEncrypted(pem))
      throw optionFault(
        file,
        'is protected by a passphrase, which nobody could type here: write it without one (openssl pkey -in KEY -out NEWKEY) and let only this user read it',
      );
    throw optionFault(file, `holds no private key in PEM: ${(error as Error).message}`);
  }
}

function isEncrypted(pem: string): boolean {
  return /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem);
}

/** `CN=me,O=us`: the most specific part first, as Kafka writes the names of those who show a certificate. */
export function subjectOf(pem: string): string {
  return oneLine(new X509Certificate(pem).subject);
}

function oneLine(subject: string): string {
  return subject.split('\n').reverse().join(',');
}
