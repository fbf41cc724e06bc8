import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DAYS = '825';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

interface CertificateOptions {
  /** Clients by their name: `<name>.crt` and `<name>.key`, signed by the same authority. */
  readonly clients?: readonly string[];
}

/**
 * `ca.crt`, and `tls.crt` with `tls.key`, in a folder: an authority and a certificate for `address`, new at each start;
 * nothing outside the set-up trusts them.
 */
export async function makeCertificates(
  folder: string,
  address: string,
  { clients = [] }: CertificateOptions = {},
): Promise<string> {
  const at = (name: string): string => join(folder, name);
  await run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', DAYS, '-subj', '/CN=Slipway one machine'],
    ...['-addext', 'keyUsage=critical,keyCertSign', '-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
  await sign(folder, 'tls', address, [`subjectAltName=IP:${address}`, 'extendedKeyUsage=serverAuth']);
  for (const name of clients) await sign(folder, name, name, ['extendedKeyUsage=clientAuth']);
  rmSync(at('ca.key'));
  return at('ca.crt');
}

async function sign(
  folder: string,
  file: string,
  name: string,
  extensions: readonly string[],
): Promise<void> {
  const at = (ending: string): string => join(folder, `${file}.${ending}`);
  const [ca, caKey] = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
  await run('openssl', ['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('csr')]);
  writeFileSync(at('ext'), `${extensions.join('\n')}\n`);
  await run('openssl', [
    ...['x509', '-req', '-in', at('csr'), '-CA', ca, '-CAkey', caKey, '-CAcreateserial'],
    ...['-days', DAYS, '-extfile', at('ext'), '-out', at('crt')],
  ]);
}
