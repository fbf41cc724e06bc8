import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '#libs/testing';
import type { Instance } from '../data-plane/haproxy.testing.js';
import type { PlaneUnderTest } from '../data-plane/plane.testing.js';
import type { Profile, Wanted } from '../data-plane/domain/wanted.js';
import { wantedOf } from '../data-plane/domain/wanted.testing.js';

/** Services that should run, with the instances that they have. */
export function awaited(
  services: Readonly<Record<string, readonly Instance[]>>,
  profile: Profile = 'least',
): Wanted {
  const servers = Object.entries(services).map(([id, all]) => [id, all.map((one) => one.wanted())] as const);
  const { routes, ...wanted } = wantedOf(Object.fromEntries(servers), profile);
  return { routes, services: wanted.services.map((service) => ({ ...service, isAwaited: true })) };
}

export const WEB = { host: 'web.localhost' };

export async function waitingIn(under: PlaneUnderTest): Promise<number> {
  const lines = await under.metric('slipway_gateway_waiting_requests');
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export const untilWaiting = (under: PlaneUnderTest, count: number) =>
  until(`${count} to wait`, async () => (await waitingIn(under)) === count);

export async function endsOf(under: PlaneUnderTest): Promise<Readonly<Record<string, number>>> {
  const lines = await under.metric('slipway_gateway_waits_total');
  return Object.fromEntries(
    lines.map((line) => [/end="(\w+)"/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]),
  );
}

export const openSocket = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};
