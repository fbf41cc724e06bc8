import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, Child } from '../../one-machine/child.js';
import { freePort } from '../../one-machine/free-port.js';
import type { Ledger } from '../../one-machine/ledger.js';

export const NGINX = '/usr/sbin/nginx';

/** What requests ask for, by the size of the answer. */
const FILES = { '200 B': 200, '64 KiB': 65_536 } as const;
/** The first file, as an answer that may be kept. */
const KEPT = '200 B, kept';
export type Size = keyof typeof FILES | typeof KEPT;
export const sizes = Object.keys(FILES) as readonly Size[];
export const keptSizes: readonly Size[] = [KEPT];
export const pathOf = (size: Size): string => (size === KEPT ? '/kept' : `/${FILES[size]}`);

/** Four instances that answer faster than any proxy: one nginx with files in memory, on four ports. */
export interface Instances {
  readonly ports: readonly number[];
  readonly child: Child;
}

const COUNT = 4;

export async function startInstances(folder: string, ledger: Ledger, cores: string): Promise<Instances> {
  const files = join(folder, 'files');
  await mkdir(files, { recursive: true, mode: 0o755 });
  for (const size of Object.values(FILES)) await writeFile(join(files, String(size)), 'x'.repeat(size));
  const ports = await Promise.all(Array.from({ length: COUNT }, () => freePort()));
  const servers = ports.map(
    (port, index) =>
      `server { listen 127.0.0.1:${port} backlog=4096; root ${files}; location = /name { return 200 "${index}"; } location = /kept { add_header Cache-Control "max-age=600"; try_files /${FILES['200 B']} =404; } }`,
  );
  const child = await startNginx({ folder, name: 'instances', workers: 1, cores, ledger, http: servers });
  await child.until(async () => (await Promise.all(ports.map((port) => answers(port)))).every(Boolean));
  return { ports, child };
}

interface NginxOptions {
  readonly folder: string;
  readonly name: string;
  readonly workers: number;
  /** The cores that it may use, as taskset names them. */
  readonly cores: string;
  readonly ledger: Ledger;
  /** Lines of the section `http`. */
  readonly http: readonly string[];
}

/** An nginx of its own, without a log, that keeps connections open. */
export async function startNginx({
  folder,
  name,
  workers,
  cores,
  ledger,
  http,
}: NginxOptions): Promise<Child> {
  const own = join(folder, name);
  await mkdir(own, { recursive: true });
  const config = [
    ...['daemon off;', `pid ${join(own, 'pid')};`, `error_log ${join(own, 'errors')};`],
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `worker_processes ${workers};`,
    'events { worker_connections 4096; }',
    'http {',
    ...['access_log off;', 'sendfile on;', 'tcp_nopush on;', 'open_file_cache max=100 inactive=1h;'],
    ...['keepalive_requests 1000000000;', 'keepalive_timeout 1h;'],
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (one) => `${one}_temp_path ${join(own, one)};`,
    ),
    ...http,
    '}',
  ];
  const file = join(own, 'nginx.conf');
  await writeFile(file, `${config.join('\n')}\n`);
  return new Child(`nginx (${name})`, 'taskset', ['-c', cores, NGINX, '-c', file, '-p', own], { ledger });
}
