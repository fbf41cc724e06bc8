import type { Engine } from '#libs/engine';
import { parseServiceConfig } from '#libs/contracts';
import { nextPort, untilHealthy } from './probe.js';
import type { Files } from './service.js';
import type { SlipwayUser } from './slipway-user.js';

/** A service that is up at once: what is measured is what starts it. */
export function tinyService(replicas = 1): Files {
  const config = {
    runtime: 'node',
    port: 3000,
    command: ['node', 'server.js'],
    health: { path: '/', stableMs: 0 },
    resources: { cpu: 0.02, memoryMiB: 64 },
    stop: { drainMs: 0, graceMs: 1_000 },
    replicas,
  };
  return {
    'config.json': JSON.stringify(config),
    'server.js':
      "const s = require('node:http').createServer((_, r) => r.end('ok')).listen(process.env.PORT); process.on('SIGTERM', () => process.exit());",
  };
}

export interface FleetParts {
  /** By node name. */
  readonly engines: ReadonlyMap<string, Engine>;
  /** By node name. */
  readonly addresses: ReadonlyMap<string, string>;
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return performance.now() - before;
};

/** Many services of one application in one request, each started on the node that the load balancer chooses. */
export async function prepareFleet(
  user: SlipwayUser,
  app: string,
  count: number,
): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, n) => `s-${String(n).padStart(3, '0')}`);
  for (const name of names) await user.pushService(app, name, tinyService());
  await user.askFor('build-and-run', app, names);
  await user.askFor('stop', app, names);
  return names;
}

export const runFleet = (user: SlipwayUser, app: string, names: readonly string[]): Promise<number> =>
  timed(() => user.askFor('run', app, names));

/**
 * The engines' own best: as many containers of the image by their API alone, so many at once on each node, each probed
 * until it is healthy.
 */
export async function floorOfFleet(
  { engines, addresses }: FleetParts,
  image: string,
  count: number,
  atOnce: number,
): Promise<number> {
  const { resources, stop } = parseServiceConfig(tinyService()['config.json'] ?? '');
  const nodes = [...engines.entries()];
  const started: [Engine, string][] = [];
  const startOne = async (engine: Engine, address: string, n: number): Promise<void> => {
    const hostPort = nextPort();
    const name = `fleet-${process.pid}-${hostPort}-${n}`;
    const spec = { name, image, env: { PORT: '3000' }, labels: {}, containerPort: 3000, hostPort };
    const container = await engine.createContainer({ ...spec, ...resources, stopSignal: stop.signal });
    started.push([engine, container]);
    await engine.start(container);
    await untilHealthy(`http://${address}:${hostPort}/`);
  };
  const ms = await timed(() =>
    Promise.all(
      nodes.map(async ([name, engine], place) => {
        const mine = Array.from({ length: count }, (_, n) => n).filter((n) => n % nodes.length === place);
        const worker = async (): Promise<void> => {
          for (let n = mine.pop(); n !== undefined; n = mine.pop())
            await startOne(engine, addresses.get(name) ?? '', n);
        };
        await Promise.all(Array.from({ length: atOnce }, worker));
      }),
    ),
  );
  await Promise.all(started.map(([engine, container]) => engine.remove(container)));
  return ms;
}
