import { beforeAll, expect, it } from 'vitest';
import { PostgresKeptFigures } from './adapters/postgres-kept-figures.js';
import { RegistryScaledServices } from './adapters/registry-services.js';
import { policyOf, T0 } from './domain/scaling.testing.js';
import { replayPolicies } from './replay-policies.js';
import { scalingDatabaseOfFile, tenSeconds, web } from './scaling-database.testing.js';

const db = scalingDatabaseOfFile();
beforeAll(() => db.wants('web', 2, policyOf()));

it('replays what is kept at 10 s, then minutes, and names the times that both cannot resolve', async () => {
  const record = db.recordFor('one');
  for (let after = 0; after < 600; after += 10)
    await record.figures([{ ...web, recorded: tenSeconds(after, after < 300 ? 30 : 90) }]);
  // The minute of the last record is not whole yet. The first five are kept as minutes alone by now.
  await record.figures([{ ...web, recorded: tenSeconds(600, 90) }]);
  await db.pool.query(`DELETE FROM scaling_figures WHERE seconds = 10 AND at < $1`, [new Date(T0 + 300_000)]);
  const present = (await new RegistryScaledServices(db.pool).policyOf(web))?.policy;
  expect(present).toMatchObject({ max: 10, targets: { concurrency: 20 } });
  const proposed = policyOf({
    min: 2,
    targets: { concurrency: 45 },
    panic: { percent: 200, windowMs: 30_000 },
  });
  const { ran, ...replayed } = await replayPolicies(new PostgresKeptFigures(db.pool), {
    ...{ ...web, proposed, present, from: T0 - 60_000, to: T0 + 600_000, startMs: 5_000 },
  });
  expect(replayed.seconds).toBe(600);
  // Two carry 90 by the proposed policy; by the present one five do.
  expect(replayed.proposed).toMatchObject({ most: 2, overSeconds: 0, overPresentSeconds: 300 });
  expect(replayed.present).toMatchObject({ most: 5, last: 5, overSeconds: expect.any(Number) as number });
  expect(replayed.present?.overSeconds).toBeLessThan(30);
  expect(ran).toMatchObject({ instanceHours: 0.333, overSeconds: 300, changes: 0 });
  const [from, middle] = [T0 - 60_000, T0 + 300_000];
  expect(replayed.proposed.unresolved).toMatchObject([
    { what: 'gap', from, to: T0 },
    { what: 'in.cooldownMs', from: T0, to: middle },
    { what: 'panic.windowMs', from: T0, to: middle },
  ]);
});

it('of a service that the registry does not know there is no policy to compare with', async () => {
  expect(await new RegistryScaledServices(db.pool).policyOf({ ...web, service: 'nobody' })).toBeUndefined();
});
