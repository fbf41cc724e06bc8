import { beforeEach, describe, expect, it } from 'vitest';
import type { DeploymentProgress } from '#libs/contracts';
import type { Fleet } from '../soak/fleet.js';
import { histogram, Killer } from './takeover.js';

const killed: number[] = [];
const fleet = {
  replace: (pid: number) => {
    killed.push(pid);
    return Promise.resolve(true);
  },
} as unknown as Fleet;

let killer: Killer;
beforeEach(() => {
  killed.length = 0;
  killer = new Killer(fleet);
});

const step = (event: string, replica: string, at = Date.now()): DeploymentProgress => ({
  ...{ token: 't', appId: 'app', service: 'web', event, version: 1, replica, data: {} },
  at: new Date(at).toISOString(),
});

describe('the killer of replicas', () => {
  it('kills whoever stored the step, once, and takes the next step of another as the take-over', () => {
    killer.arm();
    killer.see(step('TaskAccepted', 'host-1'));
    killer.see(step('NodeAssigned', 'host-1'));
    killer.see(step('InstanceStarted', 'host-1'));
    killer.see(step('InstanceStarted', 'host-2', Date.now() + 2_900));
    killer.see(step('InstanceHealthy', 'host-2', Date.now() + 3_100));
    expect(killed).toEqual([1]);
    expect(killer.takeOvers).toHaveLength(1);
    expect(killer.takeOvers[0]?.after).toBe('NodeAssigned');
    expect(killer.takeOvers[0]?.ms).toBeGreaterThan(2_800);
    expect(killer.takeOvers[0]?.ms).toBeLessThan(3_000);
  });

  it('kills after another step each time, and nobody for a step of an earlier deployment that comes late', () => {
    killer.arm();
    killer.see(step('NodeAssigned', 'host-1'));
    killer.see(step('NodeAssigned', 'host-2'));
    killer.arm();
    killer.see(step('InstanceStarted', 'host-1', Date.now() - 1_000));
    killer.see(step('NodeAssigned', 'host-2'));
    expect(killed).toEqual([1]);
    killer.see(step('InstanceStarted', 'host-2'));
    expect(killed).toEqual([1, 2]);
  });

  it('takes a step that is told after the reply for the take-over, and none after a deployment that lost nobody', async () => {
    killer.arm();
    killer.see(step('NodeAssigned', 'host-1'));
    const recovered = killer.recovered();
    killer.see(step('TaskSucceeded', 'host-2'));
    await recovered;
    expect(killer.takeOvers).toHaveLength(1);
    killer.arm();
    await killer.recovered();
    killer.see(step('InstanceStarted', 'host-2'));
    expect(killed).toEqual([1]);
  });

  it('tries a step again where the deployment was over before its replica was killed', () => {
    killer.arm();
    killer.see(step('TaskSucceeded', 'host-1'));
    killer.arm();
    killer.see(step('InstanceStarted', 'host-1'));
    expect(killed).toEqual([]);
    killer.see(step('NodeAssigned', 'host-1'));
    expect(killed).toEqual([1]);
  });
});

it('a histogram shows also where nothing was', () => {
  expect(histogram([2_600, 2_700, 3_100]).split('\n')).toEqual([
    '2.50-2.75 s  ## 2',
    '2.75-3.00 s   0',
    '3.00-3.25 s  # 1',
  ]);
});
