import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ObservedNode } from '#libs/observations';
import { guardContainer } from '../guardian/domain/guard.js';
import type { CoreOrder } from '../pinning/domain/core-orders.js';
import { currentSettings } from '../settings/domain/settings.js';
import { AppliedLimits } from '../snapshoter/domain/applied-limits.js';
import { wantedLimitsOf, type WantedLimits } from '../structures/domain/wanted.js';
import { planHost } from '../scaler/domain/plan.js';
import type { Asked, HeldDecision, SubscribedContainer } from './ports.js';
import { RescaleHosts } from './rescale-hosts.js';

const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');
const MIB = 1_048_576;

interface Used {
  readonly cpu: number;
  readonly throttled?: number;
}

function second(ms: number, used: Readonly<Record<string, Used | null>>, node = 'node-1'): ObservedNode {
  const instances = Object.entries(used).map(([instance, usage]) => [
    instance,
    {
      ...{ instance, identity: { container: instance, appId: 'shop', service: 'web', release: 'r1' } },
      usage: usage && {
        ...{ cpu: usage.cpu, memoryBytes: 20 * MIB },
        throttled: { share: usage.throttled ?? 0, secondsPerSecond: 0 },
      },
      details: { limits: { cpus: 0.2, memoryBytes: 64 * MIB, cpuset: '0-1' }, restarts: 0 },
    },
  ]);
  return {
    ...{ node, observedAt: new Date(BEGIN + ms).toISOString(), sizes: { cpus: 2 } },
    instances: new Map(instances as never),
  } as unknown as ObservedNode;
}

const vertical = { cpu: { min: 0.2, max: 1 }, policy: 'slo' } as const;

function rescaling(limits: WantedLimits | undefined = wantedLimitsOf(vertical, undefined)) {
  const world = {
    nowMs: BEGIN,
    fence: 3 as number | undefined,
    isAsked: true,
    isAway: false,
    subscribed: [] as SubscribedContainer[],
    pinning: undefined as CoreOrder | undefined,
  };
  const asked: Asked[] = [];
  const held: HeldDecision[] = [];
  const failed: string[] = [];
  let requests = 0;
  const settings = currentSettings(0, {});
  const hosts = new RescaleHosts({
    structures: {
      limitsOf: () => limits,
      subscribedOn: () => world.subscribed,
      pinningOf: () => world.pinning,
      sizesOf: () => ({ cpu: 200, memory: 4_096 * MIB }),
    },
    applied: new AppliedLimits(),
    others: { wishes: () => [], settle: () => undefined, forget: () => undefined },
    record: {
      async ask(one) {
        if (world.isAway) throw new Error('away');
        asked.push(one);
        return world.isAsked;
      },
      holds: async (some) => void held.push(...some),
      answered: async () => undefined,
    },
    rules: { guard: guardContainer, planHost },
    fenceOf: () => world.fence,
    settings: () => ({ ...settings, mayGuard: true, mayPlan: true }),
    now: () => world.nowMs,
    newRequest: () => `request-${(requests += 1)}`,
    onAsked: () => undefined,
    onFailed: (host) => failed.push(host),
  });
  const observe = async (ms: number, used: Readonly<Record<string, Used | null>>, node?: string) => {
    world.nowMs = BEGIN + ms;
    hosts.observed(second(ms, used, node));
    await setImmediate();
  };
  const changes = () => asked.flatMap((one) => one.changes.filter(({ because }) => because.length > 0));
  const answer = (index: number, cpus: number) =>
    hosts.answered({
      ...{ request: asked[index]?.request ?? '', node: 'node-1', at: new Date(world.nowMs).toISOString() },
      changes: [{ instance: 'web-1', applied: { cpus, memoryBytes: 64 * MIB } }],
    });
  return { world, asked, held, failed, hosts, observe, changes, answer };
}

const busy = { 'web-1': { cpu: 0.2, throttled: 0.9 } };

it('asks for more with the first second in which a limit held a container back, and says why', async () => {
  const { observe, changes } = rescaling();
  await observe(0, busy);
  expect(changes()).toMatchObject([
    {
      ...{ container: 'web-1', isInstance: true, owner: { appId: 'shop', service: 'web' } },
      because: [{ resource: 'cpu', current: 20, constraint: 'target', by: 'held back' }],
    },
  ]);
  expect(changes()[0]?.limits.cpu).toBeGreaterThan(30);
});

it('leaves a container alone until what was asked for it is answered', async () => {
  const { observe, changes, answer, asked } = rescaling();
  await observe(0, busy);
  await observe(1_000, busy);
  expect(changes()).toHaveLength(1);
  await answer(asked.length - 1, 0.37);
  await observe(2_000, busy);
  expect(changes()[1]?.because[0]?.current).toBe(37);
});

it('reads what the kernel applies once a request is unanswered for longer than it is applied', async () => {
  const { observe, asked } = rescaling();
  await observe(0, busy);
  const before = asked.length;
  await observe(40_000, busy);
  expect(asked.slice(before).flatMap(({ changes }) => changes)).toContainEqual(
    expect.objectContaining({ container: 'web-1', limits: {} }),
  );
});

it('decides nothing without the lease, and nothing that nobody asked for', async () => {
  const lost = rescaling();
  lost.world.fence = undefined;
  await lost.observe(0, busy);
  const untouched = rescaling(undefined);
  untouched.hosts.forget('node-1');
  await untouched.observe(0, busy);
  expect(lost.asked).toEqual([]);
});

it('a missing figure was scaled to the floor: a second that is a gap changes nothing', async () => {
  const { observe, changes } = rescaling();
  await observe(0, { 'web-1': null });
  expect(changes()).toEqual([]);
});

it('a host that fails stopped the loop for all: the others are decided for', async () => {
  const { world, observe, failed, changes } = rescaling();
  world.isAway = true;
  await observe(0, busy);
  world.isAway = false;
  await observe(0, { 'web-2': { cpu: 0.2, throttled: 0.9 } }, 'node-2');
  expect(failed).toEqual(['node-1']);
  expect(changes().map(({ container }) => container)).toEqual(['web-2']);
});

it('keeps why a limit stays as one decision for as long as one reason goes on', async () => {
  const { observe, hosts, held } = rescaling();
  for (let n = 0; n < 4; n += 1) await observe(n * 1_000, { 'web-1': { cpu: 0.15 } });
  await hosts.writeHolds();
  const cpu = held.filter(({ hold }) => hold.because.resource === 'cpu');
  expect(cpu).toMatchObject([{ container: 'web-1', host: 'node-1', fence: 3 }]);
  expect(cpu[0]?.hold.times).toBe(4);
});

it('pins containers to cores where somebody says so, and repairs what the kernel has otherwise', async () => {
  const { world, observe, asked } = rescaling();
  world.pinning = 'Group_PP_LL';
  await observe(0, { 'web-1': { cpu: 0.1 } });
  const repairs = () => asked.flatMap(({ changes }) => changes.filter(({ limits }) => limits.cpuset));
  expect(repairs()).toMatchObject([{ container: 'web-1', limits: { cpuset: '0' } }]);
  await observe(1_000, { 'web-1': { cpu: 0.1 } });
  expect(repairs()).toHaveLength(1);
});

it('a container that is none of Slipway’s is read first, then set to what somebody said', async () => {
  const { world, hosts, observe, changes, asked } = rescaling();
  const said = { cpu: { min: 0.5, max: 2 }, policy: 'fixed', at: { cpu: 1 } } as const;
  const wanted = wantedLimitsOf(undefined, said);
  world.subscribed = wanted === undefined ? [] : [{ id: '/lxc/batch', wanted }];
  await observe(0, {});
  expect(asked[0]?.changes).toMatchObject([{ container: '/lxc/batch', limits: {}, isInstance: false }]);
  await hosts.answered({
    ...{ request: asked[0]?.request ?? '', node: 'node-1', at: new Date(world.nowMs).toISOString() },
    changes: [{ container: '/lxc/batch', applied: { cpus: null } }],
  });
  await observe(1_000, {});
  expect(changes()).toMatchObject([{ container: '/lxc/batch', limits: { cpu: 100 } }]);
});
