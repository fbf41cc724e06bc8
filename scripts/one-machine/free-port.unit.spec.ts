import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from './free-port.js';

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
