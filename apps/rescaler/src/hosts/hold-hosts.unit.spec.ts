import { expect, it } from 'vitest';
import { HoldHosts } from './hold-hosts.js';
import type { HostLeases } from './ports.js';

function holding() {
  const world = { ms: 0, isAway: false };
  const calls: string[] = [];
  const said: string[] = [];
  let fence = 0;
  const leases: HostLeases = {
    async hold(hosts) {
      if (world.isAway) throw new Error('away');
      calls.push(`hold ${hosts.join()}`);
      fence += 1;
      return hosts.map((host) => ({ host, fence }));
    },
    async release(hosts) {
      if (world.isAway) throw new Error('away');
      if (hosts.length > 0) calls.push(`release ${hosts.join()}`);
    },
  };
  const hosts = new HoldHosts({
    ...{ leases, leaseMs: 4_000 },
    monotonicMs: () => world.ms,
    onAway: () => said.push('away'),
  });
  return { world, calls, said, hosts };
}

it('decides for the hosts whose seconds it reads, for as long as the lease surely lasts', async () => {
  const { world, hosts } = holding();
  hosts.seen('node-1');
  expect(hosts.fenceOf('node-1')).toBeUndefined();
  await hosts.renew();
  expect([hosts.fenceOf('node-1'), hosts.hosts()]).toEqual([1, ['node-1']]);
  world.ms = 4_000;
  expect([hosts.fenceOf('node-1'), hosts.hosts()]).toEqual([undefined, []]);
});

it('lets go of a host whose seconds another replica reads, before that one waits for the lease to lapse', async () => {
  const { calls, hosts } = holding();
  hosts.seen('node-1');
  hosts.seen('node-2');
  await hosts.renew();
  hosts.forget('node-1');
  expect(hosts.fenceOf('node-1')).toBeUndefined();
  await hosts.renew();
  await hosts.end();
  expect(calls).toEqual([...['hold node-1,node-2', 'release node-1', 'hold node-2', 'release node-2']]);
});

it('says once that the database is away, and lets go of what it lost meanwhile once it is back', async () => {
  const { world, calls, said, hosts } = holding();
  hosts.seen('node-1');
  await hosts.renew();
  world.isAway = true;
  hosts.forget('node-1');
  await hosts.renew();
  await hosts.renew();
  world.isAway = false;
  await hosts.renew();
  expect(said).toEqual(['away']);
  expect(calls.filter((call) => call.startsWith('release'))).toEqual(['release node-1']);
});
