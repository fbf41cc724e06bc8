import { readFileSync } from 'node:fs';
import { isReadable } from '#libs/config';
import { isEncryptedKey } from '#libs/ssh';

/** One engine that builds, as the configuration names it. */
export interface BuilderAddress {
  readonly name: string;
  /** The engine's socket, on the builder's own machine. */
  readonly socketPath: string;
  /** Left out for an engine of this machine. */
  readonly ssh?: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly hostKeyFingerprint: string;
    readonly keyFile: string;
  };
  /** Builds at once, where it is not the number for all builders. */
  readonly builds?: number;
}

const EXPECTED =
  'expected NAME=unix:///path/to/docker.sock or NAME=ssh://USER@HOST:PORT?hostKey=SHA256:...&keyFile=/path, separated by commas';
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const MOST_BUILDS = 100;
const DOCKER_SOCKET = '/var/run/docker.sock';
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'unix:': ['builds'],
  'ssh:': ['builds', 'hostKey', 'keyFile', 'socket'],
};

/** `local=unix:///var/run/docker.sock,big=ssh://...`. Throws what is expected instead, without the value. */
export function parseBuilders(text: string): readonly BuilderAddress[] {
  const builders = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseBuilder(part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)));
  if (builders.length === 0) throw new Error(EXPECTED);
  const names = new Set(builders.map(({ name }) => name));
  if (names.size < builders.length) throw new Error('two builders have the same name');
  return builders;
}

function parseBuilder(name: string, text: string): BuilderAddress {
  if (!NAME.test(name) || !URL.canParse(text)) throw new Error(EXPECTED);
  const url = new URL(text);
  const known = PARAMETERS[url.protocol];
  if (known === undefined) throw new Error(EXPECTED);
  const unknown = [...url.searchParams.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new Error(`builder "${name}": unknown parameter "${unknown}"; expected ${known.join(', ')}`);
  const builds = buildsOf(name, url);
  return url.protocol === 'unix:'
    ? { name, socketPath: socketOf(name, url), builds }
    : { name, ...overSsh(name, url), builds };
}

function buildsOf(name: string, { searchParams }: URL): number | undefined {
  const text = searchParams.get('builds');
  if (text === null) return undefined;
  const builds = Number(text);
  if (Number.isInteger(builds) && builds >= 1 && builds <= MOST_BUILDS) return builds;
  throw new Error(`builder "${name}": builds must be a number from 1 to ${MOST_BUILDS}`);
}

function socketOf(name: string, { host, pathname }: URL): string {
  if (host !== '' || pathname.length < 2)
    throw new Error(`builder "${name}": expected unix:///path/to/docker.sock`);
  return decodeURIComponent(pathname);
}

function overSsh(name: string, url: URL): Pick<BuilderAddress, 'socketPath' | 'ssh'> {
  const { hostname, port, username, password, pathname, searchParams } = url;
  if (password !== '') throw new Error(`builder "${name}": a password is not supported; use keyFile`);
  if (hostname === '' || username === '' || !['', '/'].includes(pathname)) throw new Error(EXPECTED);
  // A query means a blank by "+", which a fingerprint may hold and a blank it may not.
  const hostKeyFingerprint = (searchParams.get('hostKey') ?? '').replaceAll(' ', '+');
  if (!FINGERPRINT.test(hostKeyFingerprint))
    throw new Error(`builder "${name}": hostKey must be SHA256:..., as ssh-keygen -l prints it`);
  const keyFile = searchParams.get('keyFile') ?? '';
  if (!isReadable(keyFile))
    throw new Error(`builder "${name}": keyFile must be a private key that can be read`);
  if (isEncryptedKey(readFileSync(keyFile, 'utf8')))
    throw new Error(`builder "${name}": keyFile must be a private key without a passphrase`);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const user = decodeURIComponent(username);
  const ssh = { host, port: Number(port || 22), user, hostKeyFingerprint, keyFile };
  return { socketPath: searchParams.get('socket') ?? DOCKER_SOCKET, ssh };
}
