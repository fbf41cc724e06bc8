import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { LoadBalancerProcess } from './load-balancer-process.js';
import { nextInstance, struck } from './struck.js';
import { WholeGateway } from './whole-gateway.js';

/** Longer than the gateway's lease, and than it takes a silent connection for alive. */
const LONG_MS = 15_000;
/** Of one case, with the start of a gateway, and at worst of a load balancer. */
const TEST_MS = 240_000;
/** Servers and a load balancer are started once, which takes a minute on a busy machine. */
const SET_UP_MS = 400_000;
/** With the longest pause between two tries that these faults come to. */
const MOST_CARRIED_MS = 20_000;

let gateway: WholeGateway;
let first: LoadBalancerProcess;
let second: LoadBalancerProcess;

beforeAll(async () => {
  gateway = await WholeGateway.start({ loadBalancers: 2 });
  [first, second] = gateway.loadBalancers as [LoadBalancerProcess, LoadBalancerProcess];
  await first.start();
}, SET_UP_MS);
afterEach(() => gateway?.stopApp('SIGTERM'));
afterAll(() => gateway?.stop());

/** A gateway that knows these load balancers alone. */
async function follow(...all: readonly LoadBalancerProcess[]): Promise<void> {
  gateway.startApp({ GATEWAY_FEED_URLS: all.map(({ url }) => url).join() });
  await gateway.untilAppReady();
  await gateway.untilCarried(nextInstance());
}

/** The gateway follows it. */
const isFollowed = ({ url }: LoadBalancerProcess) =>
  until(`${url} to be followed`, () => lastFollowed()?.includes(`"${url}"`), { timeoutMs: 60_000 });
const lastFollowed = (): string | undefined =>
  gateway.log.split('\n').findLast((line) => line.includes('the feed of a load balancer is followed'));

/** An instance that the deployer may stop has had its last request: the gateway is waited for, and has let go of it. */
async function drainsAreTrue(): Promise<void> {
  const name = nextInstance();
  await gateway.untilCarried(name);
  expect(await gateway.drain(name)).toEqual({ applied: true, carriers: 1 });
  const seen = gateway.seenAt(name);
  await delay(500);
  expect(gateway.seenAt(name)).toBe(seen);
}

async function goesOn(name: string, strike: () => Promise<void>): Promise<void> {
  const { failed, carriedMs } = await struck(gateway, name, strike, drainsAreTrue);
  expect(failed).toBe(0);
  expect(carriedMs).toBeLessThan(MOST_CARRIED_MS);
}

describe('requests go on, and drains are true again', { timeout: TEST_MS }, () => {
  it('while the only load balancer is killed, and is away for 3 s', async () => {
    await follow(first);
    await goesOn('load balancer killed', async () => {
      await first.kill();
      await delay(3_000);
      await first.start();
    });
  });

  it('while the only load balancer stands still, so that its WebSocket is silent', async () => {
    await follow(first);
    await goesOn('load balancer stopped', async () => {
      first.signal('SIGSTOP');
      await delay(LONG_MS);
      first.signal('SIGCONT');
    });
  });

  it('while the connection to the only load balancer is cut, so that nothing is refused and nothing answered', async () => {
    await follow(first);
    await goesOn('feed cut off', async () => {
      first.front.cut();
      await delay(LONG_MS);
      first.front.mend();
    });
  });

  it('while one of two load balancers stands still: the other one is followed', async () => {
    await second.start();
    await follow(first, second);
    await isFollowed(first);
    await goesOn('one of two load balancers stopped', async () => {
      first.signal('SIGSTOP');
      await isFollowed(second);
    });
    // What it had heard before comes late, and changes nothing.
    first.signal('SIGCONT');
    await drainsAreTrue();
  });

  it('while two load balancers are killed, one after the other', async () => {
    await follow(first, second);
    await isFollowed(first);
    await goesOn('two load balancers killed in turn', async () => {
      await first.kill();
      await isFollowed(second);
      await drainsAreTrue();
      await first.start();
      await second.kill();
      await isFollowed(first);
    });
  });
});
