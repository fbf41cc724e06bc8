import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Outbox, type Pool } from '#libs/postgres';
import { generateDeployerKeys, parsePrivateKeys, parsePublicKey, seal } from '#libs/secrets';
import { appPool, createTestDatabase, migrateApp, type TestDatabase } from '#libs/testing';
import { NodeAccess, renewLogins } from './node-access.js';
import { NodeChecks } from './node-checks.js';
import { RegistryInventory } from './registry-inventory.js';

let database: TestDatabase;
let pools: readonly [owner: Pool, deployer: Pool];

beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  pools = [appPool(database, 'node-manager'), appPool(database, 'deployer')];
  await migrateApp('node-manager', pools[0]);
  await migrateApp('deployer', pools[1]);
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});
beforeEach(async () => {
  await pools[0].query('TRUNCATE node_records');
  await pools[1].query('TRUNCATE node_sweeps, node_logins, node_checks, outbox');
});

async function enrolled(wish: string, address = '10.0.0.1'): Promise<void> {
  await pools[0].query(
    `INSERT INTO node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted, state, cpus,
       memory_bytes, engine_version, first_port, last_port, wish)
     VALUES ('node-1', $1, 22, 'root', 'SHA256:x', 'sealed', 'ready', 2, 8000000000, '29', 20000, 20009, $2)`,
    [address, wish],
  );
}
const reached = (address: string) =>
  pools[1].query('INSERT INTO node_logins (node, login) VALUES ($1, $2)', [
    'node-1',
    { address, sshPort: 22 },
  ]);
const leaving = () => new RegistryInventory(pools[1]).leaving('node-1');

it.each([
  ['none', undefined],
  ['cordoned', undefined],
  ['draining', 'draining'],
  ['removed', 'gone'],
])('a node of which people want %s is left: %s', async (wish, how) => {
  await enrolled(wish);
  expect(await leaving()).toBe(how);
  await reached('10.0.0.1');
  expect(await leaving()).toBe(how);
});

it.each([
  ['ready', false],
  ['cordoned', false],
  ['unreachable', true],
  ['returning', true],
])('a node that is %s is away: %s', async (state, isAway) => {
  await enrolled('none');
  await pools[0].query('UPDATE node_records SET state = $1', [state]);
  expect(await new RegistryInventory(pools[1]).isAway('node-1')).toBe(isAway);
});

it('those that are drained or were removed are to leave', async () => {
  const all = async () => [...(await new RegistryInventory(pools[1]).allLeaving())];
  await enrolled('cordoned');
  expect(await all()).toEqual([]);
  for (const wish of ['draining', 'removed']) {
    await pools[0].query('UPDATE node_records SET wish = $1', [wish]);
    expect(await all()).toEqual(['node-1']);
  }
});

it('a machine whose name another one has by now is gone', async () => {
  await enrolled('none', '10.0.0.2');
  await reached('10.0.0.1');
  expect(await leaving()).toBe('gone');
});

it('nothing is left where nobody can say: of a node that is not known, and before the node manager has started', async () => {
  expect(await leaving()).toBeUndefined();
  const empty = await createTestDatabase({ schema: 'test' });
  await empty.pool.query('CREATE TABLE node_logins (node text, login jsonb)');
  const inventory = new RegistryInventory(empty.pool);
  expect(await inventory.leaving('node-1')).toBeUndefined();
  expect([await inventory.isAway('node-1'), [...(await inventory.allLeaving())]]).toEqual([false, []]);
  await empty.drop();
});

it('the way to a node is asked for once it is enrolled, and again when it has changed, by one replica', async () => {
  const [owner, deployer] = pools;
  const ask = () => new NodeAccess({ pool: deployer, outbox: new Outbox() }).ask();
  const asked = async () =>
    (await deployer.query(`SELECT FROM outbox WHERE topic = 'node.requests'`)).rows.length;
  expect(await ask()).toEqual([]);
  await enrolled('none');
  const [first, second] = await Promise.all([ask(), ask()]);
  expect([...first, ...second]).toEqual(['node-1']);
  expect(await ask()).toEqual([]);
  await owner.query('UPDATE node_records SET updated_at = now()');
  expect(await ask()).toEqual(['node-1']);
  await owner.query(`UPDATE node_records SET updated_at = now(), wish = 'removed'`);
  expect(await ask()).toEqual([]);
  expect(await asked()).toBe(2);
});

it('a node is looked at once its login is known', async () => {
  const [, deployer] = pools;
  const checks = new NodeChecks(deployer);
  await deployer.query(`INSERT INTO node_checks (node) VALUES ('node-1')`);
  expect(await checks.claim(1_000, 8)).toEqual([]);
  await reached('10.0.0.1');
  expect(await checks.claim(1_000, 8)).toEqual(['node-1']);
});

it('the login of a node is asked for again while it is not sealed to the first key, unless the node was removed', async () => {
  const pool = pools[1];
  const access = new NodeAccess({ pool, outbox: new Outbox() });
  const [old, fresh] = [await generateDeployerKeys(), await generateDeployerKeys()];
  const keys = parsePrivateKeys(`${fresh.privateKey},${old.privateKey}`);
  const sealedTo = async ({ publicKey }: typeof old): Promise<void> => {
    const sealedLogin = await seal(parsePublicKey(publicKey), { privateKey: 'of the node' });
    await pool.query(
      `INSERT INTO node_logins (node, login) VALUES ('node-1', $1)
       ON CONFLICT (node) DO UPDATE SET login = excluded.login`,
      [{ sealedLogin }],
    );
  };
  await enrolled('none');
  expect(await access.ask()).toEqual(['node-1']);
  await sealedTo(old);
  expect([await renewLogins(pool, keys), await access.ask()]).toEqual([1, ['node-1']]);
  await sealedTo(fresh);
  expect([await renewLogins(pool, keys), await access.ask()]).toEqual([0, []]);
  await sealedTo(old);
  await pools[0].query(`UPDATE node_records SET wish = 'removed'`);
  expect(await renewLogins(pool, keys)).toBe(0);
});
