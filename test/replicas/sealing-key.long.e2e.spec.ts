import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateDeployerKeys, parsePrivateKeys, unseal } from '#libs/secrets';
import { type AppProcess, uniqueName, until } from '#libs/testing';
import { greeter } from '../e2e/client.js';
import { RunningCommand } from '../e2e/command.js';
import { sourceFolders } from '../e2e/source-folders.js';
import { OwnPlatform } from './own-platform.js';

const SOON = { timeoutMs: 120_000 };
const folders = sourceFolders();
const [old, fresh] = [await generateDeployerKeys(), await generateDeployerKeys()];

let platform: OwnPlatform;
beforeAll(async () => {
  await folders.make();
  platform = await OwnPlatform.create();
});
afterAll(async () => {
  await platform.close();
  await folders.remove();
});

const deployer = (...keys: readonly { readonly privateKey: string }[]): Promise<AppProcess> =>
  platform.start('deployer', {
    SLIPWAY_DEPLOYER_PRIVATE_KEY: keys.map(({ privateKey }) => privateKey).join(),
  });
const loadBalancer = ({ publicKey }: { readonly publicKey: string }): Promise<AppProcess> =>
  platform.start('load-balancer', { SLIPWAY_DEPLOYER_PUBLIC_KEY: publicKey });

/** The next replicas are there before those before go. */
async function replaced(
  replicas: readonly AppProcess[],
  next: () => Promise<AppProcess>,
): Promise<readonly AppProcess[]> {
  const started = await Promise.all(replicas.map(next));
  await Promise.all(replicas.map((replica) => platform.stop(replica)));
  return started;
}

async function command(words: readonly string[], input = ''): Promise<void> {
  const { code, out, err } = await new RunningCommand(words, platform.env, input).ended;
  expect(code, `slipway ${words.join(' ')}\n${out}${err}`).toBe(0);
}

/** Each instance that is added asks for a node, and so for a login that is sealed. */
class Scaling {
  private isOver = false;
  /** When the last one was begun that was answered. */
  private begunAtMs = 0;
  private readonly work: Promise<void>;

  constructor(private readonly app: string) {
    this.work = this.run();
  }

  /** A request that is sent from now on is answered. */
  async oneMore(): Promise<void> {
    const now = performance.now();
    await Promise.race([this.work, until('a request to be answered', () => this.begunAtMs > now, SOON)]);
  }

  end(): Promise<void> {
    this.isOver = true;
    return this.work;
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const now = performance.now();
      await command(['scale', this.app, 'web', '3']);
      this.begunAtMs = now;
      await command(['scale', this.app, 'web', '1']);
    }
  }
}

async function storedLogins(): Promise<readonly string[]> {
  const { rows } = await platform.database.pool.query<{ sealed: string }>(
    `SELECT login ->> 'sealedLogin' AS sealed FROM deployer.node_logins`,
  );
  return rows.map(({ sealed }) => sealed);
}

const opens = ({ privateKey }: { readonly privateKey: string }, sealed: string): Promise<boolean> =>
  unseal(parsePrivateKeys(privateKey), sealed).then(
    () => true,
    () => false,
  );

it('the key that logins are sealed to is changed while requests run, and none of them fails', async () => {
  const nodes = await platform.enrolNodes();
  let deployers: readonly AppProcess[] = await Promise.all([deployer(old), deployer(old)]);
  let balancers: readonly AppProcess[] = [await loadBalancer(old)];
  /** What a command uses. */
  const use = ({ publicKey }: { readonly publicKey: string }): void => {
    platform.env['SLIPWAY_DEPLOYER_URL'] = Object.values(deployers[0]?.httpUrls() ?? {})[0];
    platform.env['SLIPWAY_DEPLOYER_PUBLIC_KEY'] = publicKey;
  };
  use(old);
  const app = uniqueName('sealed');
  await command(['deploy', await folders.write({ web: greeter('here') }), '--app', app]);
  const scaling = new Scaling(app);
  await scaling.oneMore();

  deployers = await replaced(deployers, () => deployer(old, fresh));
  await scaling.oneMore();

  balancers = await replaced(balancers, () => loadBalancer(fresh));
  await command(['secret', 'set', app, 'former'], 'sealed to the old key');
  await scaling.oneMore();

  deployers = await replaced(deployers, () => deployer(fresh, old));
  await until(
    'every login to be sealed to the new key',
    async () => {
      const logins = await storedLogins();
      const opened = await Promise.all(logins.map((sealed) => opens(fresh, sealed)));
      return logins.length === nodes.length && opened.every(Boolean);
    },
    SOON,
  );
  await scaling.oneMore();

  deployers = await replaced(deployers, () => deployer(fresh));
  use(fresh);
  await scaling.oneMore();
  await scaling.end();
  for (const { log } of deployers)
    expect(log()).toContain('every stored login of a node is sealed to the first key');
  await command(['secret', 'set', app, 'latter'], 'sealed to the new key');
  await command(['logs', app, 'web']);
  await command(['stop', app, 'web']);
  expect(balancers).toHaveLength(1);
}, 480_000);
