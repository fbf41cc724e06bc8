import { expect, it } from 'vitest';
import { BEGIN, NAME, rules, secondWith } from '../scores/domain/scores.testing.js';
import { useOf } from '../scores/domain/use-of.js';
import { ScoreInstances } from '../scores/score-instances.js';
import type { InstanceTraffic } from '../traffic-figures/ports.js';
import { policyOf } from './domain/scaling.testing.js';
import { SharedWorld } from './scaling-memory.testing.js';

/** Scores and scaling as the load balancer joins them, with what a gateway and an agent say. */
class Joined {
  readonly world = new SharedWorld();
  private readonly traffic = new Map<string, InstanceTraffic>();
  private readonly scores = new ScoreInstances({
    ...{ rules, figures: { instances: () => this.traffic }, draining: { has: () => false } },
    shared: { recall: () => Promise.resolve(new Map()), exchange: () => Promise.resolve(new Map()) },
    minutes: { store: () => Promise.resolve() },
    now: () => new Date(this.world.now),
    onError: (error) => {
      throw error;
    },
  });
  private readonly scaling = this.world.replica('one');
  private second = 0;

  constructor() {
    const policy = policyOf({ targets: { score: { high: 55, low: 80, critical: 20 } } });
    const service = {
      appId: 'shop',
      appName: 'Shop',
      service: 'web',
      policy,
      isRollingOut: false,
      areNodesAway: false,
    };
    this.world.services = [{ ...service, wanted: 1, running: [NAME] }];
  }

  async runs(seconds: number, { cpu, meanMs }: { readonly cpu: number; readonly meanMs: number }) {
    for (const end = this.second + seconds; this.second < end; this.second += 1) {
      this.world.now = BEGIN + this.second * 1_000;
      const figures = { requestsPerSecond: 10, inFlight: 1, errorsPerSecond: 0, at: this.world.now };
      this.traffic.set(NAME, { ...figures, meanMs });
      this.scores.observed(secondWith(this.second, { cpu }));
      await this.scores.share();
      const use = useOf(this.scores.all().get(NAME));
      if (use === undefined) this.world.use.delete(NAME);
      else this.world.use.set(NAME, use);
      await this.scaling.round();
    }
    return this.world.changes.map(({ explanation: { count } }) => count);
  }
}

const WELL = { cpu: 20, meanMs: 20 };

it('a service whose gateways see slow answers grows by its score', async () => {
  const joined = new Joined();
  expect(await joined.runs(60, WELL)).toEqual([]);
  expect((await joined.runs(30, { ...WELL, meanMs: 2_000 }))[0]).toBe(2);
});

it('a service whose agents see its CPU in use grows by its score', async () => {
  const joined = new Joined();
  expect(await joined.runs(60, WELL)).toEqual([]);
  expect((await joined.runs(30, { ...WELL, cpu: 100 }))[0]).toBe(2);
});
