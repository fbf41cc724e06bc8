import { describe, expect, it } from 'vitest';
import { NodeChannelError } from './domain/node-channel-error.js';
import type { NodeChannel } from './ports.js';

const TIMEOUT = { timeoutMs: 10_000 };
const QUICK = { ...TIMEOUT, isSlow: false };
const SLOW = { ...TIMEOUT, isSlow: true };

/** What every channel to a node does; `open` gives a new one each time. */
export function nodeChannelContract(name: string, open: () => Promise<NodeChannel>): void {
  const withChannel = async (work: (channel: NodeChannel) => Promise<void>): Promise<void> => {
    const channel = await open();
    try {
      await work(channel);
    } finally {
      channel.close();
    }
  };

  describe(`${name}, as a channel to a node`, () => {
    it('numbers its answers, by a time that goes on, of one boot', () =>
      withChannel(async (channel) => {
        const looks = [await channel.look(QUICK), await channel.look(QUICK), await channel.look(SLOW)];
        expect(looks.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
        expect(new Set(looks.map(({ bootId }) => bootId)).size).toBe(1);
        const times = looks.map(({ uptimeMs }) => uptimeMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }));

    it('says of disk, clock and details in slow looks, and of the host in all', () =>
      withChannel(async (channel) => {
        const [quick, slow] = [await channel.look(QUICK), await channel.look(SLOW)];
        expect(quick).not.toHaveProperty('disk');
        expect(quick).not.toHaveProperty('details');
        expect(slow.disk?.totalBytes).toBeGreaterThan(0);
        expect(slow.details).toBeInstanceOf(Map);
        expect(slow.wallClockMs).toBeGreaterThan(0);
        for (const { host } of [quick, slow]) expect(host.cpus).toBeGreaterThan(0);
      }));

    it('reads no container that is not watched, and leaves out one that is not there', () =>
      withChannel(async (channel) => {
        expect((await channel.look(QUICK)).containers.size).toBe(0);
        channel.watch([
          { id: 'no hexadecimal digits', pid: 1 },
          { id: 'a'.repeat(64), pid: 0 },
        ]);
        expect((await channel.look(QUICK)).containers.size).toBe(0);
      }));

    it('says what the machine computes with', () =>
      withChannel(async (channel) => {
        expect((await channel.topology(TIMEOUT)).threads).toBeGreaterThan(0);
      }));

    it('says on which ports of a range something listens, whichever address it has', () =>
      withChannel(async (channel) => {
        const range = { firstPort: 1, lastPort: 65_535 };
        const ports = await channel.listening(range, TIMEOUT);
        expect(ports).toEqual([...new Set(ports)].toSorted((a, b) => a - b));
        // A question does not disturb the looks around it.
        expect((await channel.look(QUICK)).host.cpus).toBeGreaterThan(0);
      }));

    it('answers nothing once it is closed, and says that it is', () =>
      withChannel(async (channel) => {
        await channel.look(QUICK);
        channel.close();
        await channel.closed;
        const refused = await channel.look(QUICK).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(NodeChannelError);
        expect((refused as NodeChannelError).reason).toBe('closed');
      }));
  });
}
