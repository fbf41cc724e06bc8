import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closedPort } from '#libs/testing';
import { HaproxyDataPlane } from './adapters/haproxy-data-plane.js';
import type { HaproxySettings, TlsSettings } from './adapters/haproxy-settings.js';

const pool = { backends: 2, servers: 2 };

export interface SecurePlane {
  readonly plane: HaproxyDataPlane;
  readonly folder: string;
  /** Of plain HTTP. */
  readonly port: number;
  readonly tlsPort: number;
  readonly troubles: readonly string[];
}

interface SecureOptions {
  readonly tls?: Partial<TlsSettings>;
  readonly settings?: Partial<HaproxySettings>;
  readonly challengePort?: number;
  /** Of an earlier one. */
  readonly folder?: string;
}

/** A HAProxy with HTTP and HTTPS, which ends with the test. */
export async function securePlane(options: SecureOptions = {}): Promise<SecurePlane> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'slipway-haproxy-')));
  const [port, tlsPort] = [await closedPort(), await closedPort()];
  const troubles: string[] = [];
  const plane = new HaproxyDataPlane({
    settings: {
      ...{ program: 'haproxy', folder, host: '127.0.0.1', port },
      tls: {
        host: '127.0.0.1',
        port: tlsPort,
        publicPort: tlsPort,
        redirects: true,
        hstsSeconds: 0,
        ...options.tls,
      },
      pools: { least: pool, weighted: pool, sticky: pool, h2: pool },
      ...{ maxConnections: 500, idleMs: 30_000, tunnelIdleMs: 30_000, trustedProxies: [] },
      isRoot: process.getuid?.() === 0,
      ...options.settings,
    },
    challengePort: options.challengePort,
    onTrouble: (error, what) => troubles.push(`${what}: ${String(error)}`),
  });
  onTestFinished(async () => {
    await plane.close({ leave: false });
    await rm(folder, { recursive: true, force: true });
  });
  await plane.start();
  return { plane, folder, port, tlsPort, troubles };
}
