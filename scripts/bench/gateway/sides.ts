import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, Child } from '../../one-machine/child.js';
import { freePort } from '../../one-machine/free-port.js';
import type { Ledger } from '../../one-machine/ledger.js';
import { HAPROXY, startPlaneAlone } from '../../gateway/plane-alone.js';
import { startNginx } from './instances.js';

export const HOST = 'bench.localhost';

/** What carries requests to the instances. */
export interface Side {
  readonly name: string;
  readonly port: number;
  /** The first of its processes. */
  readonly pid: number;
  /** Of our own. */
  readonly runtimeSocket?: string;
  stop(): Promise<void>;
}

export interface SideOptions {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly ports: readonly number[];
  /** One weight for each instance; all alike where it is left out. */
  readonly weights?: readonly number[];
  /** As taskset names them. */
  readonly cores: string;
  readonly threads: number;
  /** Answers that may be kept are. */
  readonly keeps?: boolean;
}

const EVEN = 100;
const weightAt = ({ weights }: SideOptions, index: number): number => weights?.[index] ?? EVEN;

/** HAProxy with nothing but what carrying needs. `balance` is its rule. */
export function haproxyAlone(name: string, balance: string, options: SideOptions): Promise<Side> {
  const { ports, keeps = false } = options;
  return startHaproxy(name, options, (port) => [
    'defaults',
    ...['mode http', 'timeout connect 2s', 'timeout client 300s', 'timeout server 300s'],
    ...(keeps ? ['cache answers', 'total-max-size 64', 'max-age 600'] : []),
    'frontend requests',
    ...[`bind 127.0.0.1:${port}`, 'default_backend instances'],
    ...(keeps ? ['http-request cache-use answers', 'http-response cache-store answers'] : []),
    'backend instances',
    `balance ${balance}`,
    ...ports.map((at, index) => `server s${index} 127.0.0.1:${at} weight ${weightAt(options, index)}`),
  ]);
}

/**
 * HAProxy as one would write it by hand for the same services: hosts in a map, forwarded headers and ids of requests,
 * checks, retries of what may be sent twice. No Runtime API changes it, and no rule of it is there for another service.
 */
export async function haproxyByHand(name: string, options: SideOptions): Promise<Side> {
  const { folder, ports } = options;
  const hosts = join(folder, 'hosts.map');
  await writeFile(hosts, `${HOST} instances\n`);
  return startHaproxy(name, options, (port) => [
    'defaults',
    ...['mode http', 'option forwardfor', 'option redispatch 1', 'option abortonclose', 'retries 3'],
    'retry-on conn-failure empty-response 500 502 503 504',
    ...['timeout connect 2s', 'timeout http-request 10s', 'timeout queue 5s'],
    ...['timeout client 300s', 'timeout server 300s', 'timeout tunnel 1h'],
    'default-server check inter 5s fastinter 500ms downinter 1s rise 1 fall 2 observe layer4 error-limit 2 on-error mark-down',
    'frontend requests',
    `bind 127.0.0.1:${port}`,
    'http-request disable-l7-retry unless METH_GET',
    'http-request del-header Forwarded',
    'http-request del-header x-forwarded- -m beg',
    'http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    'http-request set-header X-Forwarded-Port %[dst_port]',
    'http-request set-header X-Forwarded-Proto http',
    ...['unique-id-format %[uuid()]', 'unique-id-header X-Request-Id'],
    'http-request set-var(txn.id) unique-id',
    'http-response set-header X-Request-Id %[var(txn.id)]',
    `use_backend %[req.hdr(host),field(1,:),lower,map(${hosts},none)]`,
    'backend none',
    'http-request return status 404',
    'backend instances',
    'balance leastconn',
    ...ports.map((at, index) => `server s${index} 127.0.0.1:${at}`),
  ]);
}

async function startHaproxy(
  name: string,
  { folder, ledger, cores, threads }: SideOptions,
  configOf: (port: number) => readonly string[],
): Promise<Side> {
  const port = await freePort();
  const config = ['global', `nbthread ${threads}`, 'maxconn 4096', ...configOf(port)];
  const file = join(folder, `haproxy-${port}.cfg`);
  await writeFile(file, `${config.join('\n')}\n`);
  const child = new Child(name, 'taskset', ['-c', cores, HAPROXY, '-db', '-f', file], { ledger });
  await child.until(() => answers(port));
  return { name, port, pid: Number(child.pid), stop: () => child.stop() };
}

export async function nginxAlone(options: SideOptions): Promise<Side> {
  const { folder, ledger, ports, cores, threads, keeps = false } = options;
  const port = await freePort();
  const http = [
    ...(keeps ? [`proxy_cache_path ${join(folder, 'kept')} keys_zone=answers:1m;`] : []),
    'upstream instances {',
    'least_conn;',
    ...ports.map((at) => `server 127.0.0.1:${at};`),
    ...['keepalive 64;', 'keepalive_requests 1000000000;', '}'],
    `server { listen 127.0.0.1:${port} backlog=4096;`,
    'location / { proxy_pass http://instances; proxy_http_version 1.1; proxy_set_header Connection "";',
    ...(keeps ? ['proxy_cache answers;'] : []),
    '} }',
  ];
  const name = `proxy-${port}`;
  const child = await startNginx({ folder, name, workers: threads, cores, ledger, http });
  await child.until(() => answers(port));
  return { name: 'nginx', port, pid: Number(child.pid), stop: () => child.stop() };
}

interface OwnOptions extends SideOptions {
  readonly profile?: 'least' | 'weighted';
  /** Its requests are logged, to nowhere. */
  readonly onLine?: (line: string) => void;
}

/** HAProxy as the gateway configures and drives it, with all that a request gets there. */
export async function ownGateway(name: string, options: OwnOptions): Promise<Side> {
  const { folder, ledger, ports, cores, threads, keeps = false, profile = 'least', onLine } = options;
  const port = await freePort();
  const started = await startPlaneAlone({
    ...{ port, ledger },
    ...(onLine && { onLine }),
    env: {
      GATEWAY_HAPROXY: await pinned(folder, cores, threads),
      ...(onLine !== undefined && { GATEWAY_ACCESS_LOG: 'true' }),
    },
  });
  const servers = ports.map((at, index) => ({
    ...{ name: `i${index}`, address: '127.0.0.1', port: at, weight: weightAt(options, index) },
    state: 'ready' as const,
  }));
  await started.plane.apply({
    services: [{ id: 'bench', profile, servers, ...(keeps && { cache: { version: 'r1' } }) }],
    routes: [{ host: HOST, path: '/', service: 'bench' }],
  });
  const pid = await started.pid();
  const runtimeSocket = join(started.folder, 'runtime.sock');
  return { name, port, pid, runtimeSocket, stop: () => started.stop() };
}

/** HAProxy takes as many threads as it may use cores. */
async function pinned(folder: string, cores: string, threads: number): Promise<string> {
  const file = join(folder, `haproxy-on-${threads}`);
  await writeFile(file, `#!/bin/sh\nexec taskset -c ${cores} ${HAPROXY} "$@"\n`);
  await chmod(file, 0o755);
  return file;
}
