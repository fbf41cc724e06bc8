import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificates } from './certificates.js';
import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import { Ledger } from './ledger.js';
import { madeOnce } from './made-once.js';
import { Restartable } from './restartable.js';

const run = promisify(execFile);
const MODULE = 'github.com/letsencrypt/pebble/v2/cmd';
const VERSION = 'v2.10.3';

/** Let's Encrypt's ACME server for tests, and its DNS server. Debian has neither, so Go builds them once. */
export const pebblePrograms = (): Promise<string> =>
  madeOnce(`pebble-${VERSION}`, async (folder) => {
    // Where the installer of Go puts it, which not every login has in its path.
    const path = `${process.env['PATH']}${delimiter}/usr/local/go/bin`;
    const env = { ...process.env, PATH: path, GOBIN: folder, GOFLAGS: '-mod=mod' };
    const names = ['pebble', 'pebble-challtestsrv'].map((name) => `${MODULE}/${name}@${VERSION}`);
    await run('go', ['install', ...names], { env, maxBuffer: 1 << 26 }).catch((cause: unknown) => {
      throw new Error('The ACME server could not be built: it needs Go, and its module proxy.', { cause });
    });
  });

export interface Pebble {
  readonly directoryUrl: string;
  /** A file: who signed the certificate of its API. */
  readonly caFile: string;
  /** Whom to trust that trusts what it signs, in PEM; another one at each start. */
  root(): Promise<string>;
  /** It has forgotten all accounts and orders then, and signs with another root. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface PebbleOptions {
  /** Where it asks for challenges, on this machine, whatever the host. */
  readonly httpPort: number;
  /** Of its own API; a free one where it is left out. */
  readonly port?: number;
  /** How long its certificates hold. */
  readonly validitySeconds?: number;
  /** Hosts that it refuses. */
  readonly blocked?: readonly string[];
  /** Accounts need one of these bindings: base64url keys, by their id. */
  readonly bindings?: Readonly<Record<string, string>>;
}

/** An ACME server that rejects some nonces, as it does by default, and validates at once. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const path = await pebblePrograms();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-pebble-'));
  const ledger = new Ledger(join(folder, 'ledger'));
  const [port, management, dns, dnsManagement] = [
    options.port ?? (await freePort()),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const caFile = await makeCertificates(folder, '127.0.0.1');
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ pebble: settingsOf(options, { folder, port, management }) }));
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', ''];
  const names = new Child(
    'DNS of the ACME server',
    join(path, 'pebble-challtestsrv'),
    [
      '-dnsserver',
      `127.0.0.1:${dns}`,
      '-management',
      `127.0.0.1:${dnsManagement}`,
      '-defaultIPv6',
      '',
      ...off,
    ],
    { ledger },
  );
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' };
  const spawn = (): Child =>
    new Child('ACME server', join(path, 'pebble'), ['-config', config, '-dnsserver', `127.0.0.1:${dns}`], {
      ledger,
      env,
    });
  const [server] = await Promise.all([
    Restartable.start(spawn, () => answers(port)),
    names.until(() => answers(dnsManagement)),
  ]);
  return {
    directoryUrl: `https://127.0.0.1:${port}/dir`,
    caFile,
    root: () => fetched(`https://127.0.0.1:${management}/roots/0`, readFileSync(caFile, 'utf8')),
    async restart() {
      await server.kill();
      await server.start();
    },
    async stop() {
      await Promise.all([server.stop(), names.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settingsOf(
  { httpPort, validitySeconds, blocked = [], bindings }: PebbleOptions,
  {
    folder,
    port,
    management,
  }: { readonly folder: string; readonly port: number; readonly management: number },
) {
  return {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(folder, 'tls.crt'),
    privateKey: join(folder, 'tls.key'),
    httpPort,
    tlsPort: 1,
    domainBlocklist: blocked,
    retryAfter: { authz: 1, order: 1 },
    ...(bindings && { externalAccountBindingRequired: true, externalAccountMACKeys: bindings }),
    ...(validitySeconds !== undefined && {
      profiles: { default: { description: 'of a test', validityPeriod: validitySeconds } },
    }),
  };
}

function fetched(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(text));
    });
    asked.once('error', reject);
  });
}
