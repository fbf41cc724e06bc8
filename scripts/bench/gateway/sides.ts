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
}

const EVEN = 100;
const weightAt = ({ weights }: SideOptions, index: number): number => weights?.[index] ?? EVEN;

/** HAProxy with nothing but what carrying needs. `balance` is its rule. */
export async function haproxyAlone(name: string, balance: string, options: SideOptions): Promise<Side> {
  const { folder, ledger, ports, cores, threads } = options;
  const port = await freePort();
  const config = [
    'global',
    `nbthread ${threads}`,
    'maxconn 4096',
    'defaults',
    ...['mode http', 'timeout connect 2s', 'timeout client 300s', 'timeout server 300s'],
    'frontend requests',
    ...[`bind 127.0.0.1:${port}`, 'default_backend instances'],
    'backend instances',
    `balance ${balance}`,
    ...ports.map((at, index) => `server s${index} 127.0.0.1:${at} weight ${weightAt(options, index)}`),
  ];
  const file = join(folder, `haproxy-${port}.cfg`);
  await writeFile(file, `${config.join('\n')}\n`);
  const child = new Child(name, 'taskset', ['-c', cores, HAPROXY, '-db', '-f', file], { ledger });
  await child.until(() => answers(port));
  return { name, port, pid: Number(child.pid), stop: () => child.stop() };
}

export async function nginxAlone(options: SideOptions): Promise<Side> {
  const { folder, ledger, ports, cores, threads } = options;
  const port = await freePort();
  const http = [
    'upstream instances {',
    'least_conn;',
    ...ports.map((at) => `server 127.0.0.1:${at};`),
    ...['keepalive 64;', 'keepalive_requests 1000000000;', '}'],
    `server { listen 127.0.0.1:${port} backlog=4096;`,
    'location / { proxy_pass http://instances; proxy_http_version 1.1; proxy_set_header Connection ""; }',
    '}',
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
  const { folder, ledger, ports, cores, threads, profile = 'least', onLine } = options;
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
    services: [{ id: 'bench', profile, servers }],
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
