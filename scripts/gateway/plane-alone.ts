import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics, Health } from '#libs/telemetry';
import { createBalancing } from '../../apps/gateway/src/balancing/wire.js';
import { openDataPlane } from '../../apps/gateway/src/data-plane/wire.js';
import type { DataPlane, TlsPlane } from '../../apps/gateway/src/data-plane/ports.js';
import { gatewayConfigSchema } from '../../apps/gateway/src/gateway.config.js';
import type { Ledger } from '../one-machine/ledger.js';

export const HAPROXY = '/usr/sbin/haproxy';

/** The gateway's data plane as the app opens it, without registry and database: what it carries is said by `plane.apply`. */
export interface PlaneAlone {
  readonly plane: DataPlane;
  /** Where the variables say that it serves HTTPS. */
  readonly tls: TlsPlane;
  readonly port: number;
  readonly folder: string;
  /** Warnings: what it could not do. */
  readonly troubles: readonly string[];
  /** Of HAProxy's first process. */
  pid(): Promise<number>;
  stop(): Promise<void>;
}

interface PlaneAloneOptions {
  readonly port: number;
  /** Variables of the gateway; no access log unless they say so. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes the lines of the log that are no warnings. */
  readonly onLine?: (line: string) => void;
  /** Ends HAProxy where this process is killed. */
  readonly ledger?: Ledger;
}

/** What a gateway must be given, though nothing of it is used here. */
const UNUSED = {
  ...{ DATABASE_URL: 'postgres://none/none', GATEWAY_REPLICA: 'alone' },
  SLIPWAY_API_TOKEN: 'nobody-asks-this-gateway-by-http-with-a-token',
};

export async function startPlaneAlone({
  port,
  env = {},
  onLine,
  ledger,
}: PlaneAloneOptions): Promise<PlaneAlone> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-gateway-'));
  ledger?.hold({ kind: 'directory', path: folder });
  ledger?.hold({
    kind: 'pid-file',
    path: join(folder, 'haproxy.pid'),
    argument: join(folder, 'haproxy.cfg'),
  });
  const config = gatewayConfigSchema.parse({
    ...{ ...UNUSED, GATEWAY_HAPROXY: HAPROXY, GATEWAY_ACCESS_LOG: 'false' },
    ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_FOLDER: folder },
    ...env,
  });
  const troubles: string[] = [];
  const write = (line: string): void => {
    if (line.includes('"level":"warn"') || line.includes('"level":"error"')) troubles.push(line);
    else onLine?.(line);
  };
  const logger = createLogger({ app: 'gateway', replica: 'alone', level: 'info', destination: { write } });
  const runtime = { logger, health: new Health(), metrics: createMetrics('gateway') };
  const carrying = await openDataPlane(runtime, config, { host: '127.0.0.1', port });
  const balancing = createBalancing({ runtime, plane: carrying, config });
  balancing.start();
  const { plane } = balancing;
  const stop = async (): Promise<void> => {
    await balancing.stop();
    await carrying.close({ leave: false });
    await rm(folder, { recursive: true, force: true });
  };
  const pid = async (): Promise<number> => Number(await readFile(join(folder, 'haproxy.pid'), 'utf8'));
  return { plane, tls: carrying, port, folder, troubles, pid, stop };
}
