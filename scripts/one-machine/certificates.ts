import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DAYS = '825';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** `ca.crt` with `ca.key` in a folder: an authority that nothing outside the set-up trusts. */
export async function makeAuthority(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  await run('openssl', [
    ...['req', '-x509', ...KEY, '-days', DAYS, '-subj', '/CN=Slipway one machine'],
    ...['-addext', 'keyUsage=critical,keyCertSign', '-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
}

interface Subject {
  /** Of the files: `<name>.crt` and `<name>.key`. */
  readonly name: string;
  readonly commonName: string;
  /** OpenSSL's lines for what the certificate is for. */
  readonly extensions: readonly string[];
}

/** A certificate of the folder's authority. */
export async function makeCertificate(
  folder: string,
  { name, commonName, extensions }: Subject,
): Promise<void> {
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  const asked = ['-subj', `/CN=${commonName}`, '-keyout', at('key'), '-out', at('csr')];
  await run('openssl', ['req', ...KEY, ...asked]);
  writeFileSync(at('ext'), `${extensions.join('\n')}\n`);
  const signer = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
  const signed = ['-days', DAYS, '-extfile', at('ext'), '-out', at('crt')];
  await run('openssl', ['x509', '-req', '-in', at('csr'), ...signer, ...signed]);
}

export const serverAt = (address: string): readonly string[] => [
  `subjectAltName=IP:${address}`,
  'extendedKeyUsage=serverAuth',
];

interface CertificateOptions {
  /** Clients by their name: `<name>.crt` and `<name>.key`, signed by the same authority. */
  readonly clients?: readonly string[];
}

/** `ca.crt`, and `tls.crt` with `tls.key`, in a folder: an authority and a certificate for `address`, new at each start. */
export async function makeCertificates(
  folder: string,
  address: string,
  { clients = [] }: CertificateOptions = {},
): Promise<string> {
  await makeAuthority(folder);
  await makeCertificate(folder, { name: 'tls', commonName: address, extensions: serverAt(address) });
  for (const name of clients)
    await makeCertificate(folder, { name, commonName: name, extensions: ['extendedKeyUsage=clientAuth'] });
  rmSync(join(folder, 'ca.key'));
  return join(folder, 'ca.crt');
}
