import { expect, it } from 'vitest';
import type { FiguresRow } from '#libs/contracts';
import { answer } from './domain/figures.testing.js';
import type { Reporting } from './ports.js';
import { TellFigures } from './tell-figures.js';

/** What was told, in order; a wake can be held up. */
class TestReporting implements Reporting {
  readonly told: FiguresRow[] = [];
  readonly woken: (readonly string[])[] = [];
  held: PromiseWithResolvers<void> | undefined;
  failure: Error | undefined;

  figures(figures: FiguresRow): Promise<void> {
    this.told.push(figures);
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }
  async wake(services: readonly string[]): Promise<void> {
    this.woken.push(services);
    await this.held?.promise;
  }
  end = () => Promise.resolve();
}

const settled = () => new Promise(setImmediate);

function telling(held: ReadonlyMap<string, number> = new Map()) {
  const [reporting, errors] = [new TestReporting(), [] as unknown[]];
  let ms = 0;
  const tell = new TellFigures({
    ...{ reporting, hasLog: true, onError: (error) => errors.push(error) },
    carried: () => [{ id: 'shop/web', instances: [] }],
    waiting: { held: () => held, queued: () => Promise.reject(new Error('HAProxy does not answer')) },
    now: () => ms,
    monotonicMs: () => (ms += 1_000),
  });
  return { tell, reporting, errors };
}

it('a service for which requests are held is told at once, and each second while they wait', async () => {
  const { tell, reporting } = telling(new Map([['shop/web', 3]]));
  tell.held('shop/web');
  expect(reporting.woken).toEqual([['shop/web']]);
  await settled();
  await tell.tell();
  expect(reporting.woken).toHaveLength(2);
  expect(reporting.told[0]?.services).toMatchObject([{ name: 'shop/web', held: 3 }]);
});

it('wakes that come while one is told go together, each service once', async () => {
  const { tell, reporting } = telling();
  reporting.held = Promise.withResolvers();
  for (const service of ['a/a', 'b/b', 'b/b', 'c/c']) tell.held(service);
  reporting.held.resolve();
  await settled();
  expect(reporting.woken).toEqual([['a/a'], ['b/b', 'c/c']]);
});

it('what cannot be told is an error, and the next second is told again', async () => {
  const { tell, reporting, errors } = telling();
  reporting.failure = new Error('away');
  tell.answered({ service: 'shop/web' }, answer({ server: '<NOSRV>' }));
  await tell.tell();
  await tell.tell();
  expect(errors).toHaveLength(2);
  expect(reporting.told.map(({ services }) => services[0]?.requestsPerSecond)).toEqual([1, undefined]);
});
