import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, startOnFreePorts } from './free-port.js';
import { tryHostLock } from './host-lock.js';

const servers: Server[] = [];

async function taken(port = 0): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(() => servers.splice(0).forEach((server) => server.close()));

describe('a free port', () => {
  it('is none of those that outgoing connections get: Kafka found its port taken by one', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(12_000);
    expect(Math.max(...ports)).toBeLessThan(20_000);
    expect(new Set(ports).size).toBe(50);
  });

  it('is given to no other process while this one lives, also before it is listened on', async () => {
    expect(await tryHostLock(`port-${await freePort()}`)).toBeUndefined();
  });

  it('can be listened on', async () => {
    const port = await freePort();
    expect(await taken(port)).toBe(port);
  });

  it('is the wanted one where nothing listens on it, and another where something does', async () => {
    const wanted = await freePort();
    expect(await freePort('127.0.0.1', wanted)).toBe(wanted);
    await taken(wanted);
    expect(await freePort('127.0.0.1', wanted)).not.toBe(wanted);
  });
});

describe('a server that is started on free ports', () => {
  /** What it is started on; where `strangers` of the starts find the second port taken by then. */
  async function starting(strangers: number) {
    const starts: (readonly number[])[] = [];
    const server = startOnFreePorts(2, async (ports) => {
      starts.push(ports);
      if (starts.length <= strangers) await taken(ports[1]);
      return taken(ports[1]);
    });
    return { starts, port: await server.catch((error: NodeJS.ErrnoException) => error.code) };
  }

  it('is started on others where something took one in between, three times at most: Kafka did not start', async () => {
    const once = await starting(1);
    expect(once.starts).toHaveLength(2);
    expect(once.port).toBe(once.starts[1]?.[1]);
    expect(new Set(once.starts.flat()).size).toBe(4);
    const always = await starting(9);
    expect([always.starts.length, always.port]).toEqual([3, 'EADDRINUSE']);
  });

  it('is not started again where it fails for another reason', async () => {
    let starts = 0;
    const failing = startOnFreePorts(1, async () => {
      starts += 1;
      throw new Error('no memory');
    });
    await expect(failing).rejects.toThrow('no memory');
    expect(starts).toBe(1);
  });
});
