import type { ObservedInstance, ObservedNode } from './observed-node.js';

const HOST = {
  seconds: 1,
  cpu: { user: 0.5, system: 0.1, iowait: 0, steal: 0 },
  load1: 0.5,
  memoryAvailableBytes: 1_000,
  swapUsedBytes: 0,
  diskIo: { readBytesPerSecond: 0, writtenBytesPerSecond: 0 },
  network: { inBytesPerSecond: 0, outBytesPerSecond: 0 },
};

type Random = () => number;
const whole = (random: Random, below: number): number => Math.floor(random() * below);

/** A node in its first second. */
export const firstSecond = (instances: readonly ObservedInstance[] = []): ObservedNode => ({
  node: 'node-1',
  fence: 3,
  sequence: 1,
  observedAt: new Date(0).toISOString(),
  host: HOST,
  others: { count: 0, cpu: 0, memoryBytes: 0 },
  instances: new Map(instances.map((one) => [one.instance, one])),
});

export function someInstance(random: Random, instance: string): ObservedInstance {
  return {
    instance,
    identity: { container: `id-${whole(random, 3)}`, appId: 'shop', service: 'web', release: 'r' },
    usage: someUsage(random),
    ...(random() < 0.5 && { details: someDetails(random) }),
  };
}

const someUsage = (random: Random): ObservedInstance['usage'] =>
  random() < 0.1
    ? null
    : {
        cpu: whole(random, 2),
        memoryBytes: whole(random, 2),
        oomKills: whole(random, 2),
        ...(random() < 0.5 && { throttled: { share: whole(random, 2), secondsPerSecond: 0 } }),
      };

const someDetails = (random: Random): NonNullable<ObservedInstance['details']> => ({
  diskIo: HOST.diskIo,
  network: HOST.network,
  processes: whole(random, 2),
  limits: { cpuset: '0', ...(random() < 0.5 && { cpus: 1 }) },
  restarts: whole(random, 2),
});

/** What may come of a second: instances come, go, are replaced, change, or stay as they are; seconds may be left out. */
export function nextSecond(before: ObservedNode, random: Random): ObservedNode {
  const instances = new Map(before.instances);
  for (const name of ['a', 'b', 'c', 'd']) {
    const chance = random();
    const known = instances.get(name);
    if (chance < 0.15) instances.delete(name);
    else if (chance < 0.3) instances.set(name, someInstance(random, name));
    else if (known && chance < 0.6) instances.set(name, { ...known, usage: someUsage(random) });
    else if (known && chance < 0.7) instances.set(name, { ...known, details: someDetails(random) });
  }
  return {
    ...before,
    sequence: before.sequence + 1 + (random() < 0.2 ? whole(random, 3) : 0),
    host: { ...HOST, load1: whole(random, 3) },
    ...(random() < 0.3 && { sizes: { cpus: 1 + whole(random, 2), memoryBytes: 9, swapBytes: 0 } }),
    instances,
  };
}
