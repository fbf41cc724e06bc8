import { describe, expect, it } from 'vitest';
import { HoldRequests } from './hold-requests.js';

const never = new AbortController().signal;

/** Looks happen when the test lets time go on. */
function start({ requests = 10, requestsPerService = 5 } = {}) {
  let nowMs = 0;
  let ready: readonly string[] | Error = [];
  const pauses: (() => void)[] = [];
  const looks: (readonly string[])[] = [];
  const firsts: string[] = [];
  const stopped = new Set<string>();
  const hold = new HoldRequests({
    readiness: {
      mayWait: (service) => !stopped.has(service),
      readyOf(services) {
        looks.push(services);
        return ready instanceof Error
          ? Promise.reject(ready)
          : Promise.resolve(new Map(ready.map((service) => [service, [`least-${service}`]])));
      },
    },
    ...{ bounds: { requests, requestsPerService }, waitMs: 1_000, lookMs: 50 },
    onFirst: (service) => firsts.push(service),
    monotonicMs: () => nowMs,
    delay: () => new Promise((resolve) => pauses.push(resolve)),
  });
  return {
    ...{ hold, looks, firsts, stopped },
    async pass(ms: number, now: readonly string[] | Error = []) {
      ready = now;
      nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
      for (const end of pauses.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('requests that are held', () => {
  it('go on when their own service is ready, and nobody looks once nobody waits', async () => {
    const { hold, looks, pass } = start();
    const [a, b] = [hold.untilReady('a', never), hold.untilReady('b', never)];
    await pass(50);
    await pass(50, ['a']);
    expect(await a).toEqual({ backends: ['least-a'] });
    expect(Object.fromEntries(hold.counts)).toEqual({ b: 1 });
    await pass(50, ['b']);
    expect(await b).toEqual({ backends: ['least-b'] });
    await pass(50);
    const seen = looks.length;
    await pass(50);
    expect(looks.length).toBe(seen);
    const again = hold.untilReady('a', never);
    await pass(50, ['a']);
    expect(await again).toEqual({ backends: ['least-a'] });
  });

  it('are looked for at once where there may be an instance, without the end of the pause', async () => {
    const { hold, looks } = start();
    void hold.untilReady('a', never);
    await new Promise((resolve) => setImmediate(resolve));
    expect(looks).toHaveLength(1);
    hold.lookNow();
    await new Promise((resolve) => setImmediate(resolve));
    expect(looks).toHaveLength(2);
    await hold.stop();
  });

  it('are told of with the first of each service, and again once none waited between', async () => {
    const { hold, pass, firsts } = start();
    const waits = [hold.untilReady('a', never), hold.untilReady('a', never), hold.untilReady('b', never)];
    expect(firsts).toEqual(['a', 'b']);
    await pass(50, ['a', 'b']);
    await pass(50, ['a', 'b']);
    await Promise.all(waits);
    void hold.untilReady('a', never);
    expect(firsts).toEqual(['a', 'b', 'a']);
  });

  it('end in time while HAProxy does not say who is ready; what they have waited before counts', async () => {
    const { hold, pass } = start();
    const [fresh, old] = [hold.untilReady('a', never), hold.untilReady('a', never, 900)];
    await pass(0);
    await pass(100, new Error('HAProxy does not answer'));
    expect(await old).toBe('late');
    expect(Object.fromEntries(hold.counts)).toEqual({ a: 1 });
    await pass(900, new Error('HAProxy does not answer'));
    expect(await fresh).toBe('late');
  });

  it('were held for their whole time though their service was stopped: they end, and no more are held', async () => {
    const { hold, pass, stopped } = start();
    const [a, b] = [hold.untilReady('a', never), hold.untilReady('b', never)];
    await pass(50);
    stopped.add('a');
    hold.lookNow();
    expect(await a).toBe('stopped');
    expect(Object.fromEntries(hold.counts)).toEqual({ b: 1 });
    expect(await hold.untilReady('a', never)).toBe('stopped');
    // Also where HAProxy still has an instance of it.
    stopped.add('b');
    await pass(50, ['b']);
    expect(await b).toBe('stopped');
  });

  it('have no place beyond the bounds, and give theirs back when their client leaves', async () => {
    const { hold } = start({ requestsPerService: 1 });
    const client = new AbortController();
    const first = hold.untilReady('a', client.signal);
    expect(await hold.untilReady('a', never)).toBe('full');
    client.abort();
    expect(await first).toBe('left');
    expect(await hold.untilReady('a', client.signal)).toBe('left');
    expect(hold.counts.size).toBe(0);
  });

  it('end when the gateway does, and no more are held', async () => {
    const { hold, pass } = start();
    const first = hold.untilReady('a', never);
    const stopped = hold.stop();
    await pass(50);
    await stopped;
    expect(await first).toBe('late');
    expect(await hold.untilReady('a', never)).toBe('late');
  });
});
