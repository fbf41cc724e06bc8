import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { closedPort } from '#libs/testing';
import { HaproxyDataPlane } from './adapters/haproxy-data-plane.js';
import { filesIn, type HaproxySettings, type TlsSettings } from './adapters/haproxy-settings.js';
import { type Answer, ask, Instance } from './haproxy.testing.js';

const pool = { backends: 2, servers: 2 };

interface OpenOptions {
  readonly settings?: Partial<HaproxySettings>;
  readonly accessLogPort?: number;
  readonly challengePort?: number;
}

/** A folder and ports for HAProxy alone, the data planes that are opened there, and instances: all end with it. */
export class HaproxyPlace {
  readonly troubles: string[] = [];
  private readonly stops: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly folder: string,
    /** Of plain HTTP. */
    readonly port: number,
    /** Of HTTPS, where the settings have it. */
    readonly tlsPort: number,
  ) {
    this.stops.push(() => rm(folder, { recursive: true, force: true }));
  }

  /** In a new folder, or in that of an earlier place. */
  static async make(folder?: string): Promise<HaproxyPlace> {
    const own = folder ?? (await mkdtemp(join(tmpdir(), 'slipway-haproxy-')));
    return new HaproxyPlace(own, await closedPort(), await closedPort());
  }

  async open({ settings, ...more }: OpenOptions = {}): Promise<HaproxyDataPlane> {
    const plane = new HaproxyDataPlane({
      ...{ settings: this.settings(settings), ...more },
      onTrouble: (error, what) => this.troubles.push(`${what}: ${String(error)}`),
    });
    this.stops.push(() => plane.close({ leave: false }));
    await plane.start();
    return plane;
  }

  settings(more: Partial<HaproxySettings> = {}): HaproxySettings {
    const { folder, port } = this;
    return {
      ...{ program: 'haproxy', folder, host: '127.0.0.1', port },
      pools: { least: pool, weighted: pool, sticky: pool, h2: pool },
      ...{ maxConnections: 500, idleMs: 30_000, tunnelIdleMs: 30_000, trustedProxies: [] },
      ...{ headMs: 10_000, cache: { bytes: 1_048_576, objectBytes: 65_536, maxAgeMs: 60_000 }, limits: {} },
      isRoot: process.getuid?.() === 0,
      ...more,
    };
  }

  tls(more: Partial<TlsSettings> = {}): TlsSettings {
    const { tlsPort: port } = this;
    return { ...{ host: '127.0.0.1', port, publicPort: port, redirects: true, hstsSeconds: 0 }, ...more };
  }

  async instance(...how: Parameters<typeof Instance.start>): Promise<Instance> {
    const started = await Instance.start(...how);
    this.stops.push(() => started.kill().catch(() => undefined));
    return started;
  }

  get(host: string, path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return ask({ port: this.port, host, path, headers });
  }

  async close(): Promise<void> {
    for (const stop of this.stops.splice(0).reverse()) await stop();
  }
}

/** A place for each test of a file, and what tests do there. */
export function placeOfEachTest() {
  let place: HaproxyPlace;
  beforeEach(async () => {
    place = await HaproxyPlace.make();
  });
  afterEach(() => place.close());
  const get = (...what: Parameters<HaproxyPlace['get']>) => place.get(...what);
  return {
    here: (): HaproxyPlace => place,
    open: (settings: Partial<HaproxySettings> = {}, accessLogPort?: number) =>
      place.open({ settings, accessLogPort }),
    instance: (...how: Parameters<HaproxyPlace['instance']>) => place.instance(...how),
    get,
    bodyOf: async (host: string, path = '/') => (await get(host, path)).body,
    masterPid: async (): Promise<number> => Number(await readFile(filesIn(place.folder).pid, 'utf8')),
  };
}
