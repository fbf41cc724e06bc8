import { expect, it } from 'vitest';
import type { ServiceDrift, ServiceTries } from './domain/reconcile-service.js';
import { ServiceRestorer, type RestorePorts } from './restore-services.js';

const LAST_AT = 1_000;
const used: ServiceTries = {
  ...{ revision: 1, count: 3, uncounted: 0, lastAt: LAST_AT, succeeded: true, givenUp: false },
};
const drift: ServiceDrift = {
  ...{ appId: 'shop', appName: 'Shop', service: 'web', revision: 1, wanted: 2, running: 1, tries: used },
};

/** Looks once a minute at what has drifted so; what it did and said, in order. */
async function looking(drifts: readonly ServiceDrift[]): Promise<readonly unknown[]> {
  const done: unknown[] = [];
  let look = 0;
  const ports: RestorePorts = {
    observed: { drifted: () => Promise.resolve(drifts.slice(look, ++look)) },
    repairs: {
      publishSpecs: () => Promise.resolve(0),
      restore: () => Promise.resolve(true),
      giveUpRestoring: () => Promise.resolve(true),
    },
    clock: { now: () => new Date(LAST_AT + look * 60_000) },
    limits: { attempts: 3, backoffMs: () => 1_000 },
    onRestore: (_, attempt) => done.push(['restored', attempt]),
    onGiveUp: (_, attempts) => done.push(['given up', attempts]),
    onWait: (_, attempts, until) => done.push(['waits', attempts, until]),
  };
  const restorer = new ServiceRestorer(ports);
  for (let n = 0; n < drifts.length; n += 1) await restorer.look(new AbortController().signal);
  return done;
}

it('a restored service that drifted after its last attempt waited in silence: that is said once, then it is restored', async () => {
  const done = await looking(Array<ServiceDrift>(12).fill(drift));
  expect(done.slice(0, 2)).toEqual([
    ['waits', 3, LAST_AT + 600_000],
    ['restored', 1],
  ]);
  expect(done.slice(2)).toEqual([['restored', 1]]);
});

it('the next such wait of the same service is said, too', async () => {
  const later = { ...drift, tries: { ...used, lastAt: LAST_AT + 30_000 } };
  expect(await looking([drift, drift, later])).toEqual([
    ['waits', 3, LAST_AT + 600_000],
    ['waits', 3, LAST_AT + 630_000],
  ]);
});
