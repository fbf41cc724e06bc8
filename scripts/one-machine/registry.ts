import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificates } from './certificates.js';
import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import type { Network } from './network.js';
import type { RunningPart } from './part.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';
import { forgetOldImages } from './stored-images.js';

const run = promisify(execFile);
const PROGRAM = '/usr/bin/docker-registry';

/** Where images go, as engines see it. */
export interface RegistryAccess {
  /** host:port */
  readonly host: string;
  readonly username: string;
  readonly password: string;
  /** PEM file of its own authority, if it has one. */
  readonly caFile: string | undefined;
  readonly ours: boolean;
}

export function accessToTheirs(env: NodeJS.ProcessEnv): RegistryAccess {
  return {
    host: new URL(env['REGISTRY_URL'] ?? '').host,
    username: env['REGISTRY_USERNAME'] ?? '',
    password: env['REGISTRY_PASSWORD'] ?? '',
    caFile: env['REGISTRY_CA_FILE'],
    ours: false,
  };
}

/** Address and login of our registry; engines need them at their start, before it answers itself. */
export async function planRegistry({ slot }: SetUp, network: Network): Promise<RegistryAccess> {
  const folder = join(slot.directory, 'registry');
  mkdirSync(folder, { recursive: true });
  const portFile = join(folder, 'port');
  // The last port when it is free: engines keep images under the registry's name.
  const last = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const port = await freePort(network.address, last);
  writeFileSync(portFile, String(port));
  const caFile = await makeCertificates(folder, network.address);
  const password = randomBytes(16).toString('hex');
  return { host: `${network.address}:${port}`, username: 'slipway', password, caFile, ours: true };
}

/** JSON is YAML: no quoting rules of our own. */
function configOf(storage: string, folder: string, host: string): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: host, tls: { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') } },
    auth: { htpasswd: { realm: 'slipway', path: join(folder, 'htpasswd') } },
  });
}

/** Debian's docker-registry with TLS and a login; of what it stores the newest is kept between starts. */
export async function startRegistry({ slot }: SetUp, access: RegistryAccess): Promise<RunningPart> {
  const folder = join(slot.directory, 'registry');
  const htpasswd = run('htpasswd', ['-niB', access.username]);
  // By standard input: a password on the command line is seen by every user.
  htpasswd.child.stdin?.end(`${access.password}\n`);
  writeFileSync(join(folder, 'htpasswd'), (await htpasswd).stdout, { mode: 0o600 });
  const config = join(folder, 'config.yml');
  const storage = join(folder, 'storage');
  writeFileSync(config, configOf(storage, folder, access.host));
  if (await forgetOldImages(storage)) await run(PROGRAM, ['garbage-collect', config], { maxBuffer: 2 ** 28 });
  const { hostname, port } = new URL(`https://${access.host}`);
  const serve = ['serve', config];
  const server = await Restartable.start(
    () => new Child('Registry', PROGRAM, serve, { ledger: slot.ledger }),
    () => answers(Number(port), hostname),
  );
  const env = {
    REGISTRY_URL: `https://${access.host}`,
    REGISTRY_USERNAME: access.username,
    REGISTRY_PASSWORD: access.password,
    REGISTRY_CA_FILE: access.caFile ?? '',
  };
  return { env, servers: [server], stop: () => server.stop() };
}
