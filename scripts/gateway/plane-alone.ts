import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '#libs/telemetry';
import { createBalancing } from '../../apps/gateway/src/balancing/wire.js';
import { openDataPlane } from '../../apps/gateway/src/data-plane/wire.js';
import type { DataPlane, TlsPlane } from '../../apps/gateway/src/data-plane/ports.js';
import { gatewayParts } from '../../apps/gateway/src/data-plane/gateway-parts.testing.js';
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

export async function startPlaneAlone({
  port,
  env = {},
  onLine,
  ledger,
}: PlaneAloneOptions): Promise<PlaneAlone> {
  const troubles: string[] = [];
  const write = (line: string): void => {
    if (line.includes('"level":"warn"') || line.includes('"level":"error"')) troubles.push(line);
    else onLine?.(line);
  };
  const { config, folder, listen, runtime, remove } = await gatewayParts({
    env: { GATEWAY_REPLICA: 'alone', GATEWAY_HAPROXY: HAPROXY, GATEWAY_ACCESS_LOG: 'false', ...env },
    port,
    logger: createLogger({ app: 'gateway', replica: 'alone', level: 'info', destination: { write } }),
  });
  ledger?.hold({ kind: 'directory', path: folder });
  ledger?.hold({
    kind: 'pid-file',
    path: join(folder, 'haproxy.pid'),
    argument: join(folder, 'haproxy.cfg'),
  });
  const carrying = await openDataPlane(runtime, config, listen);
  const balancing = createBalancing({ runtime, plane: carrying, config });
  balancing.start();
  const { plane } = balancing;
  const stop = async (): Promise<void> => {
    await balancing.stop();
    await carrying.close({ leave: false });
    await remove();
  };
  const pid = async (): Promise<number> => Number(await readFile(join(folder, 'haproxy.pid'), 'utf8'));
  return { plane, tls: carrying, port, folder, troubles, pid, stop };
}
