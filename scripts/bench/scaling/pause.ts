import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { request } from 'undici';
import type { EngineHost } from '../../one-machine/engine-host.js';
import { medianOf } from './real-run.js';
import { type RealSide, ScaledService } from './scaled-service.js';
import { AT_ONCE } from './shapes.js';

/** How an instance comes back that had nothing to do: medians, in milliseconds until it answers. */
export interface ComingBack {
  /** Made anew and started, as it is without `pause`. */
  readonly made: number;
  /** A container that was stopped, and kept. */
  readonly started: number;
  /** One whose processes were frozen. */
  readonly unpaused: number;
  /** The call that freezes, and bytes of memory that it keeps meanwhile. */
  readonly pausing: number;
  readonly keptBytes: number;
}

const CPU = 0.5;
const MEMORY_BYTES = 128 * 1_048_576;
const LONGEST_MS = 30_000;
const EACH_MS = 2;

/** On the engine of one node, without the platform between: what it would add is the same for each way. */
export async function measureComingBack(
  side: RealSide,
  host: EngineHost,
  rounds: number,
): Promise<ComingBack> {
  const service = await ScaledService.deploy(side, 'paused', AT_ONCE);
  await service.hold(1);
  const image = await service.image();
  const docker = new Docker({ socketPath: host.socketPath });
  await new Promise<void>((resolve, reject) => {
    docker.pull(
      image,
      { authconfig: authOf(side) },
      (error: Error | null, stream?: NodeJS.ReadableStream) => {
        if (error !== null || stream === undefined)
          return reject(error ?? new Error(`no answer for ${image}`));
        docker.modem.followProgress(stream, (failed) => (failed ? reject(failed) : resolve()));
      },
    );
  });
  const times: Record<'made' | 'started' | 'unpaused' | 'pausing' | 'keptBytes', number[]> = {
    ...{ made: [], started: [], unpaused: [], pausing: [], keptBytes: [] },
  };
  for (let round = 0; round < rounds; round += 1) {
    side.signal.throwIfAborted();
    const begunMs = performance.now();
    const container = await docker.createContainer(optionsOf(image));
    await container.start();
    const { Ports } = (await container.inspect()).NetworkSettings as {
      Ports: Record<string, { HostPort: string }[]>;
    };
    const url = `http://${host.address}:${Ports[PORT]?.[0]?.HostPort}/health`;
    await untilAnswered(url);
    times.made.push(performance.now() - begunMs);
    times.pausing.push(await timed(() => container.pause()));
    times.keptBytes.push(
      ((await container.stats({ stream: false })) as { memory_stats: { usage: number } }).memory_stats.usage,
    );
    times.unpaused.push(await timed(() => container.unpause().then(() => untilAnswered(url))));
    await container.stop({ t: 1 });
    times.started.push(
      await timed(async () => {
        await container.start();
        const again = (await container.inspect()).NetworkSettings as {
          Ports: Record<string, { HostPort: string }[]>;
        };
        await untilAnswered(`http://${host.address}:${again.Ports[PORT]?.[0]?.HostPort}/health`);
      }),
    );
    await container.remove({ force: true });
  }
  await service.stop();
  const { made, started, unpaused, pausing, keptBytes } = times;
  return {
    ...{ made: medianOf(made), started: medianOf(started), unpaused: medianOf(unpaused) },
    ...{ pausing: medianOf(pausing), keptBytes: medianOf(keptBytes) },
  };
}

const PORT = '3000/tcp';

const optionsOf = (image: string) => ({
  Image: image,
  Env: ['PORT=3000'],
  ExposedPorts: { [PORT]: {} },
  HostConfig: { NanoCpus: CPU * 1e9, Memory: MEMORY_BYTES, PortBindings: { [PORT]: [{ HostPort: '' }] } },
});

const authOf = ({ env }: RealSide) => ({
  username: env['REGISTRY_USERNAME'] ?? '',
  password: env['REGISTRY_PASSWORD'] ?? '',
  serveraddress: new URL(env['REGISTRY_URL'] ?? '').host,
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begunMs = performance.now();
  await work();
  return performance.now() - begunMs;
}

async function untilAnswered(url: string): Promise<void> {
  for (const deadline = performance.now() + LONGEST_MS; ; await delay(EACH_MS)) {
    const isWell = await request(url, { headersTimeout: 2_000 }).then(
      async ({ statusCode, body }) => (await body.dump(), statusCode === 200),
      () => false,
    );
    if (isWell) return;
    if (performance.now() > deadline) throw new Error(`${url} did not answer within ${LONGEST_MS} ms`);
  }
}
