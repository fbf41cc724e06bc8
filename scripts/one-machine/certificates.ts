import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DAYS = '825';

/** `ca.crt`, and `tls.crt` with `tls.key`, in a folder: an authority and a certificate for `address`, new at each start; nothing outside the set-up trusts them. */
export async function makeCertificates(folder: string, address: string): Promise<string> {
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    ...['req', '-x509', ...key, '-days', DAYS, '-subj', '/CN=Slipway one machine'],
    ...['-addext', 'keyUsage=critical,keyCertSign', '-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
  await run('openssl', [
    'req',
    ...key,
    '-subj',
    `/CN=${address}`,
    '-keyout',
    at('tls.key'),
    '-out',
    at('tls.csr'),
  ]);
  writeFileSync(at('san'), `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\n`);
  await run('openssl', [
    ...['x509', '-req', '-in', at('tls.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-days', DAYS, '-extfile', at('san'), '-out', at('tls.crt')],
  ]);
  rmSync(at('ca.key'));
  return at('ca.crt');
}
