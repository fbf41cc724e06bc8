import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { databaseVariable } from '#libs/app-roles';
import { Listener, type Pool } from '#libs/postgres';
import { parseAtRestKeys } from '#libs/secrets';
import { createLogger } from '#libs/telemetry';
import { appPool, closedPort, createTestDatabase, migrateApp, type TestDatabase, until } from '#libs/testing';
import { type Pebble, pebblePrograms, startPebble } from '../../../../scripts/one-machine/pebble.js';
import { gatewayParts } from '../data-plane/gateway-parts.testing.js';
import { ask, Instance } from '../data-plane/haproxy.testing.js';
import { openDataPlane } from '../data-plane/wire.js';
import { AcmeAuthority, freshKey } from './adapters/acme-authority.js';
import { PostgresAccounts } from './adapters/postgres-accounts.js';
import { PostgresOrders } from './adapters/postgres-orders.js';
import { askTls, serialOf } from './certificates.testing.js';
import { openCertificates } from './wire.js';
import { inWhole } from '../../../../test/short-form.js';

/** Left out of the short form: further words of an authority, each with a server and a gateway of its own. */
const whole = inWhole('int');

const DAY_S = 86_400;
const SOON = { timeoutMs: 60_000 };
/** Tests order for a host or two, and wait for each: a tenth of the usual pauses. */
const QUICK = { leadMs: 200, firstPauseMs: 100 };
const KEY = randomBytes(32).toString('base64url');

let database: TestDatabase;
let pool: Pool;
let listener: Listener;
const stops: (() => Promise<unknown>)[] = [];

// Go takes a minute or more, once.
beforeAll(() => pebblePrograms(), 900_000);
beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  pool = appPool(database, 'gateway');
  await migrateApp('gateway', pool);
  listener = new Listener({ url: String(database.appUrls[databaseVariable('gateway')]) });
  await listener.start();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  for (const table of [
    'acme_accounts',
    'certificates',
    'certificate_orders',
    'acme_challenges',
    'ordering_lease',
  ])
    await pool.query(`DELETE FROM ${table}`);
});
afterAll(async () => {
  await listener.stop();
  await pool.end();
  await database.drop();
});

async function pebble(options: Parameters<typeof startPebble>[0]): Promise<Pebble> {
  const started = await startPebble(options);
  stops.push(() => started.stop());
  return started;
}

interface GatewayOptions {
  readonly port?: number;
  readonly authority: Pick<Pebble, 'directoryUrl' | 'caFile'>;
  readonly env?: Readonly<Record<string, string>>;
}

async function gateway(name: string, { port: given, authority, env }: GatewayOptions) {
  const tlsPort = await closedPort();
  const { config, folder, listen, runtime, remove } = await gatewayParts({
    env: {
      ...{ GATEWAY_LISTEN_TLS: `127.0.0.1:${tlsPort}`, GATEWAY_REPLICA: name },
      ...{ GATEWAY_ACCESS_LOG: 'false', SLIPWAY_CERTIFICATE_KEY: KEY },
      ...{ GATEWAY_ACME_URL: authority.directoryUrl, GATEWAY_ACME_CA_FILE: authority.caFile },
      ...{ GATEWAY_ACME_ACCEPT_TERMS: 'true', GATEWAY_ACME_RETRY_MS: '1000', ...env },
    },
    port: given,
    logger: createLogger({ app: 'gateway', replica: name, level: 'silent' }),
  });
  stops.push(remove);
  const { port } = listen;
  let aheadMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs) };
  const { metrics, health } = runtime;
  const certificates = await openCertificates(runtime, config, folder, QUICK);
  if (certificates === undefined) throw new Error('no certificates');
  const plane = await openDataPlane(runtime, config, listen, certificates.challengePort);
  stops.push(() => plane.close({ leave: false }));
  const carried = certificates.over(plane, plane);
  stops.push(() => certificates.stop());
  await certificates.start();
  await certificates.join({ pool, listener, clock });
  const web = await Instance.start('web');
  stops.push(() => web.kill());
  const carry = (...hosts: readonly string[]) =>
    carried.apply({
      services: [{ id: 'web', profile: 'least', servers: [web.wanted()] }],
      routes: hosts.map((host) => ({ host, path: '/', service: 'web' })),
    });
  const setAhead = (ms: number): void => void (aheadMs = ms);
  return { port, tlsPort, certificates, carry, health, metrics, setAhead };
}

type Gateway = Awaited<ReturnType<typeof gateway>>;

const bodyOf = ({ tlsPort }: Gateway, host: string, ca: string) =>
  askTls({ port: tlsPort, host, ca }).then(
    ({ body }) => body,
    () => undefined,
  );
const errorOf = async ({ certificates }: Gateway, host: string) =>
  (await certificates.list()).find(({ names }) => names.includes(host))?.error;
const holder = async () =>
  (await pool.query<{ holder: string; fence: string }>('SELECT holder, fence FROM ordering_lease')).rows[0];

describe('an authority', () => {
  it('is asked once for each public host, by one of two gateways, and both serve what it signs', async () => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port });
    const root = await authority.root();
    // The authority asks the second one alone, whichever orders.
    const first = await gateway('first', { authority });
    await until('the first to lead', async () => (await holder())?.holder.startsWith('first'), SOON);
    const second = await gateway('second', { authority, port });
    const hosts = ['shop.example.com', 'prices.shop.example.com', 'shop.localhost'];
    for (const one of [first, second]) await one.carry(...hosts);
    for (const one of [first, second])
      for (const host of hosts.slice(0, 2))
        await until(`${host} over HTTPS`, () => bodyOf(one, host, root), SOON);
    const serials = await Promise.all(
      [first, second].map(({ tlsPort }) => serialOf(tlsPort, 'shop.example.com', root)),
    );
    expect(new Set(serials).size).toBe(1);
    expect((await ask({ port, host: 'shop.example.com' })).status).toBe(301);
    expect((await ask({ port, host: 'shop.localhost' })).body).toBe('web');
    const { rows } = await pool.query<{ host: string; key_encrypted: string }>(
      'SELECT * FROM certificates ORDER BY host',
    );
    expect(rows.map(({ host }) => host)).toEqual(['prices.shop.example.com', 'shop.example.com']);
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
    expect((await pool.query('SELECT * FROM acme_challenges')).rows).toEqual([]);
    expect(await second.certificates.list()).toMatchObject(
      rows.map(({ host }) => ({
        names: [host],
        source: 'acme',
        isServed: true,
        issuer: expect.stringMatching(/Pebble/) as string,
      })),
    );
  });

  it('renews while requests run, and none fails', async () => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port, validitySeconds: 90 * DAY_S });
    const root = await authority.root();
    const one = await gateway('one', { authority, port });
    const host = 'shop.example.com';
    await one.carry(host);
    await until('it over HTTPS', () => bodyOf(one, host, root), SOON);
    const serials = new Set<string>([await serialOf(one.tlsPort, host, root)]);
    const failures: string[] = [];
    let [isOver, count] = [false, 0];
    const stream = (async () => {
      for (; !isOver; count += 1)
        await askTls({ port: one.tlsPort, host, ca: root }).then(
          ({ status }) => status !== 200 && failures.push(String(status)),
          (error: unknown) => failures.push(String(error)),
        );
    })();
    one.setAhead(56 * DAY_S * 1_000);
    const quiet = count + 50;
    await until('requests to go on', () => count > quiet, SOON);
    expect(await serialOf(one.tlsPort, host, root)).toBe([...serials][0]);
    one.setAhead(60 * DAY_S * 1_000);
    const renewed = async () => serials.add(await serialOf(one.tlsPort, host, root)).size > 1;
    await until('its renewal', renewed, SOON);
    const enough = count + 50;
    await until('requests to go on', () => count > enough, SOON);
    isOver = true;
    await stream;
    console.log(`${count} requests during a renewal, ${failures.length} failed`);
    expect(failures).toEqual([]);
  });

  it('that refuses a host is asked again later, the others go on, and the gateway stays ready', async () => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port, blocked: ['blocked.example.com'] });
    const root = await authority.root();
    const one = await gateway('one', { authority, port });
    await one.carry('blocked.example.com', 'shop.example.com');
    await until('the other host', () => bodyOf(one, 'shop.example.com', root), SOON);
    const error = await until('a failure', () => errorOf(one, 'blocked.example.com'), SOON);
    expect(error).toMatchObject({
      code: 'ACME_REFUSED',
      message: expect.stringContaining('rejectedIdentifier') as string,
    });
    await until(
      'another try',
      async () => {
        const { rows } = await pool.query<{ failures: number }>('SELECT failures FROM certificate_orders');
        return (rows[0]?.failures ?? 0) > 1;
      },
      SOON,
    );
    expect(await one.health.readiness()).toMatchObject({ ready: true });
    expect((await ask({ port, host: 'blocked.example.com' })).body).toBe('web');
    expect(await one.metrics.registry.metrics()).toMatch(/gateway_certificate_failures_total\{.*\} [1-9]/);
  });

  whole.it('that cannot reach the host says so, and signs once it can', async () => {
    const [port, elsewhere] = [await closedPort(), await closedPort()];
    const authority = await pebble({ httpPort: elsewhere });
    const root = await authority.root();
    const one = await gateway('one', { authority, port });
    await one.carry('shop.example.com');
    const error = await until('a failure', () => errorOf(one, 'shop.example.com'), SOON);
    expect(error).toMatchObject({
      code: 'ACME_CHALLENGE_FAILED',
      message: expect.stringContaining(String(elsewhere)) as string,
    });
    const other = await gateway('other', { authority, port: elsewhere });
    await other.carry('shop.example.com');
    await until('it over HTTPS', () => bodyOf(one, 'shop.example.com', root), SOON);
  });

  it('that is away is waited for', async () => {
    const [port, acmePort] = [await closedPort(), await closedPort()];
    const { caFile } = await pebble({ httpPort: port });
    const away = { directoryUrl: `https://127.0.0.1:${acmePort}/dir`, caFile };
    const one = await gateway('one', { authority: away, port });
    await one.carry('shop.example.com');
    const error = await until('a failure', () => errorOf(one, 'shop.example.com'), SOON);
    expect(error).toMatchObject({
      code: 'ACME_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(await one.health.readiness()).toMatchObject({ ready: true });
  });

  whole.it('that has forgotten the account is told of it anew', async () => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port });
    const one = await gateway('one', { authority, port });
    await one.carry('before.example.com');
    const root = await authority.root();
    await until('the first one', () => bodyOf(one, 'before.example.com', root), SOON);
    await authority.restart();
    const other = await authority.root();
    await one.carry('after.example.com');
    await until('the next one', () => bodyOf(one, 'after.example.com', other), SOON);
  });

  whole.it('that asks for a binding of the account gets it', async () => {
    const port = await closedPort();
    const key = randomBytes(32).toString('base64url');
    const authority = await pebble({ httpPort: port, bindings: { mine: key } });
    const root = await authority.root();
    const without = await gateway('without', { authority });
    await without.carry('shop.example.com');
    const error = await until('a refusal', () => errorOf(without, 'shop.example.com'), SOON);
    expect(error).toMatchObject({
      code: 'ACME_REFUSED',
      message: expect.stringContaining('externalAccountRequired') as string,
    });
    await without.certificates.stop();
    const env = { GATEWAY_ACME_BINDING_KEY_ID: 'mine', GATEWAY_ACME_BINDING_KEY: key };
    const one = await gateway('one', { authority, port, env });
    await one.carry('shop.example.com');
    await until('it over HTTPS', () => bodyOf(one, 'shop.example.com', root), SOON);
  });
});

describe('the gateway that orders', () => {
  it('and lost its lease writes nothing more: the next one carries its order on', async () => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port });
    const root = await authority.root();
    const one = await gateway('one', { authority, port });
    await until('it to lead', holder, SOON);
    await pool.query(
      `UPDATE ordering_lease SET holder = 'thief', fence = fence + 1, lease_until = now() + interval '2 s'`,
    );
    await one.carry('shop.example.com');
    await until('it to lead again', async () => (await holder())?.holder.startsWith('one'), SOON);
    expect(await holder()).toMatchObject({ fence: '3' });
    await until('it over HTTPS', () => bodyOf(one, 'shop.example.com', root), SOON);
  });

  it.each([
    ['without a contact', {}],
    ['with a contact', { GATEWAY_ACME_CONTACT: 'me@example.com' }],
  ])('was killed, and the next one was refused its account %s: it carries the order on', async (_, env) => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port });
    const root = await authority.root();
    const keys = parseAtRestKeys(KEY);
    const dead = new PostgresOrders({ pool, keys, holder: 'dead', leaseMs: 2_000 });
    await dead.lead();
    const settings = {
      directoryUrl: authority.directoryUrl,
      acceptsTerms: true,
      ca: await readFile(authority.caFile, 'utf8'),
      firstPauseMs: QUICK.firstPauseMs,
    };
    const acme = new AcmeAuthority(settings, new PostgresAccounts(pool, keys));
    const [host, key] = ['shop.example.com', freshKey()];
    await dead.began({ host, url: await acme.begin(host), key });
    const one = await gateway('one', { authority, port, env });
    await one.carry(host);
    await until('it over HTTPS', () => bodyOf(one, host, root), { timeoutMs: 40_000 });
    const { rows } = await pool.query<{ chain: string }>('SELECT chain FROM certificates');
    expect(new X509Certificate(String(rows[0]?.chain)).checkPrivateKey(createPrivateKey(key))).toBe(true);
    await expect(dead.publish(host, { token: 't', answer: 'a' })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
  });

  it('ends in order: another one orders at once', async () => {
    const port = await closedPort();
    const authority = await pebble({ httpPort: port });
    const first = await gateway('first', { authority });
    await until('the first to lead', async () => (await holder())?.holder.startsWith('first'), SOON);
    await gateway('second', { authority, port });
    const begun = performance.now();
    await first.certificates.stop();
    await until('the second to lead', async () => (await holder())?.holder.startsWith('second'), SOON);
    expect(performance.now() - begun).toBeLessThan(8_000);
  });
});

it('challenges that nobody has published, and what is no token, are answered with 404', async () => {
  const authority = {
    directoryUrl: 'https://127.0.0.1:1/dir',
    caFile: (await pebble({ httpPort: 1 })).caFile,
  };
  const one = await gateway('one', { authority });
  await one.carry('shop.example.com');
  for (const token of [
    'unknown',
    '',
    '../../etc/passwd',
    'x'.repeat(2_000),
    "'; DROP TABLE certificates; --",
    '%00',
  ])
    expect(
      (await ask({ port: one.port, host: 'any', path: `/.well-known/acme-challenge/${encodeURI(token)}` }))
        .status,
    ).toBe(404);
});
