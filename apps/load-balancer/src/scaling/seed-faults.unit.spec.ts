import { describe, expect, it } from 'vitest';
import { policyOf, T0, traffic, unlimited } from './domain/scaling.testing.js';
import type { Policy } from './domain/policy.js';
import type { ScaleServices } from './scale-services.js';
import { SharedWorld } from './scaling-memory.testing.js';

const score = { high: 55, low: 80, critical: 20 };

function worldWith(policy: Policy, count: number): SharedWorld {
  const world = new SharedWorld();
  world.runs(
    {
      appId: 'shop',
      appName: 'Shop',
      service: 'web',
      policy,
      wanted: 0,
      running: [],
      isRollingOut: false,
      areNodesAway: false,
    },
    count,
  );
  return world;
}

const requestsAtOnce = (world: SharedWorld, inFlight: number) =>
  world.traffic.set('shop/web', traffic({ inFlight }));

function scoresAre(world: SharedWorld, overall: number, lowest = overall): void {
  for (const { running } of world.services)
    for (const name of running) world.use.set(name, { score: { overall, lowest } });
}

async function rounds(
  world: SharedWorld,
  seconds: number,
  ...replicas: readonly ScaleServices[]
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    for (const replica of replicas) await replica.round();
    world.obey();
    world.now += 1_000;
  }
}

const counts = ({ changes }: SharedWorld): readonly number[] =>
  changes.map(({ explanation }) => explanation.count);

describe('faults of the second seed', () => {
  it('at MAX it never scaled down again', async () => {
    const world = worldWith(
      policyOf({ targets: { score }, max: 5, in: { cooldownMs: 0, stabilisationMs: 0 } }),
      5,
    );
    scoresAre(world, 100);
    await rounds(world, 30, world.replica('one'));
    expect(counts(world)[0]).toBe(4);
  });

  it('with default weights CPU alone never scaled up', async () => {
    const world = worldWith(policyOf({ targets: { score } }), 2);
    // All of the CPU in use, with the seed's weights: .35 * 0 + .65 * 100.
    scoresAre(world, 65, 0);
    await rounds(world, 6, world.replica('one'));
    expect(counts(world)).toEqual([3]);
  });

  it('it had no cooldown on the way out, nor on the way in', async () => {
    const policy = policyOf({
      max: 20,
      panic: { percent: 1_000, windowMs: 6_000 },
      out: { step: 1, percent: 0, cooldownMs: 10_000 },
      in: { step: 1, percent: 0, cooldownMs: 10_000, stabilisationMs: 0 },
    });
    const world = worldWith(policy, 2);
    const one = world.replica('one');
    requestsAtOnce(world, 75);
    await rounds(world, 20, one);
    requestsAtOnce(world, 0);
    await rounds(world, 40, one);
    const times = world.changes.map(({ at }) => at);
    expect(counts(world)).toEqual([3, 4, 3, 2, 1]);
    expect(Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))).toBeGreaterThanOrEqual(
      10_000,
    );
  });

  it('two reconcilers made duplicates', async () => {
    const world = worldWith(policyOf(), 1);
    requestsAtOnce(world, 60);
    const [one, two] = [world.replica('one'), world.replica('two')];
    await Promise.all([one.round(), two.round()]);
    await Promise.all([two.round(), one.round()]);
    expect(counts(world)).toEqual([3]);
    expect([one.held, two.held]).toEqual([1, 0]);
  });

  it('one that lost its lease while it decided asks for nothing', async () => {
    const world = worldWith(policyOf(), 1);
    requestsAtOnce(world, 60);
    const [one, two] = [world.replica('one'), world.replica('two')];
    world.beforeChange = () => {
      world.beforeChange = () => undefined;
      world.leases.set('shop/web', { holder: 'two', fence: 99, until: world.now + 5_000 });
    };
    await one.round();
    expect(world.changes).toEqual([]);
    await two.round();
    expect(world.changes.map(({ fence }) => fence)).toEqual([99]);
  });

  it('without a balancer connected nothing was decided', async () => {
    const world = worldWith(unlimited({ targets: { cpu: 50, concurrency: 20 } }), 1);
    world.use.set('web-0', { cpuPercent: 100 });
    await rounds(world, 1, world.replica('one'));
    expect(counts(world)).toEqual([2]);
  });

  it('losing Redis killed every worker', async () => {
    const world = worldWith(unlimited({ targets: { score } }), 4);
    const one = world.replica('one');
    scoresAre(world, 70);
    await rounds(world, 10, one);
    world.use.clear();
    await rounds(world, 300, one);
    // And on a replica that starts meanwhile.
    world.leases.clear();
    await rounds(world, 300, world.replica('two'));
    expect(world.changes).toEqual([]);
  });

  it('losing Kafka, and with it all figures, removes and adds nothing', async () => {
    const world = worldWith(unlimited({ min: 0, idleMs: 1_000, targets: { cpu: 50, concurrency: 20 } }), 4);
    await rounds(world, 120, world.replica('one'));
    expect(world.changes).toEqual([]);
  });

  it('losing the registry ends the round and changes nothing', async () => {
    const world = worldWith(policyOf(), 2);
    requestsAtOnce(world, 100);
    world.isRegistryAway = true;
    await expect(world.replica('one').round()).rejects.toThrow('no registry');
    expect(world.changes).toEqual([]);
  });

  it('a busy worker was removed within 5 s: what is decided is a count, and a request for it', async () => {
    const world = worldWith(policyOf(), 4);
    requestsAtOnce(world, 10);
    const one = world.replica('one');
    await rounds(world, 59, one);
    expect(world.changes).toEqual([]);
    await rounds(world, 10, one);
    const [change] = world.changes;
    expect(change).toMatchObject({ explanation: { current: 4, count: 3 }, fence: 1, token: 'one-1' });
    expect(change?.reason).toContain('4 -> 3');
  });
});

describe('a replica that takes over', () => {
  it('knows cooldowns and recommendations of the one before', async () => {
    const world = worldWith(policyOf({ max: 20 }), 2);
    const one = world.replica('one');
    requestsAtOnce(world, 100);
    await rounds(world, 10, one);
    expect(counts(world)).toEqual([5]);
    requestsAtOnce(world, 0);
    await rounds(world, 6, one);
    // It is killed; its lease lapses.
    world.now += 6_000;
    await rounds(world, 45, world.replica('two'));
    expect(counts(world)).toEqual([5]);
    await rounds(world, 25, world.replica('two'));
    expect(counts(world)).toEqual([5, 4]);
    expect(world.changes.map(({ fence }) => fence)).toEqual([1, 2]);
  });

  it('goes on with what was asked for and is not done yet', async () => {
    const world = worldWith(policyOf(), 1);
    requestsAtOnce(world, 60);
    await world.replica('one').round();
    world.now += 6_000;
    await world.replica('two').round();
    expect(counts(world)).toEqual([3]);
  });
});

describe('a replica that is late', () => {
  it('lost its own lease: the fence rose, and a reason that went on was written as another one', async () => {
    const world = worldWith(policyOf(), 1);
    requestsAtOnce(world, 20);
    const one = world.replica('one');
    for (let minute = 0; minute < 5; minute += 1) {
      await rounds(world, 12, one);
      // Longer than its lease.
      world.now += 8_000;
    }
    expect(world.leases.get('shop/web')?.fence).toBe(1);
    await one.end();
    expect([...world.unchanged.values()].map(({ decision }) => [decision.reason, decision.times])).toEqual([
      ['steady', 60],
    ]);
  });

  it('and is taken over from goes on with the reason of the one before', async () => {
    const world = worldWith(policyOf(), 1);
    requestsAtOnce(world, 20);
    await rounds(world, 12, world.replica('one'));
    world.now += 8_000;
    const two = world.replica('two');
    await rounds(world, 12, two);
    await two.end();
    // The second since its last row is the first replica's alone.
    expect([...world.unchanged.values()].map(({ decision }) => [decision.reason, decision.times])).toEqual([
      ['steady', 23],
    ]);
    expect(world.unchanged.values().next().value).toMatchObject({ fence: 2, decision: { since: T0 } });
  });
});

it('a wake starts one at once, on the replica that decides', async () => {
  const world = worldWith(policyOf({ min: 0, idleMs: 60_000 }), 0);
  const [one, two] = [world.replica('one'), world.replica('two')];
  await Promise.all([one.round(), two.round()]);
  expect(world.changes).toEqual([]);
  one.wake('shop/web');
  two.wake('shop/web');
  await Promise.all([one.round(), two.round()]);
  expect(world.changes).toMatchObject([{ explanation: { count: 1, constraint: 'wake' } }]);
});

it('a request that shows in no spec is made again after 30 s', async () => {
  const world = worldWith(policyOf(), 1);
  requestsAtOnce(world, 60);
  const one = world.replica('one');
  for (let second = 0; second < 32; second += 1) {
    await one.round();
    world.now += 1_000;
  }
  expect(counts(world)).toEqual([3, 3]);
});

it('a request that failed is made again after a pause, not every second', async () => {
  const world = worldWith(policyOf(), 1);
  requestsAtOnce(world, 60);
  const one = world.replica('one');
  for (let second = 0; second < 20; second += 1) {
    await one.round();
    world.answers.set('one-1', false);
    world.now += 1_000;
  }
  expect(counts(world)).toEqual([3, 3]);
  expect((world.changes[1]?.at ?? 0) - (world.changes[0]?.at ?? 0)).toBe(16_000);
});
