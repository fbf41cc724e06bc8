import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { ask } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { nextInstance, type Struck, struck } from './struck.js';
import { HOST, WholeGateway } from './whole-gateway.js';

/** Until HAProxy is back, and answers. */
const MOST_AWAY_MS = 5_000;
/** Until a gateway that is started has it start. */
const MOST_RESTART_MS = 20_000;

let gateway: WholeGateway;
beforeAll(async () => {
  gateway = await WholeGateway.start();
  gateway.startApp();
  await gateway.untilAppReady();
  await gateway.addInstance(nextInstance());
  await gateway.untilCarried(nextInstance());
});
afterAll(() => gateway?.stop());

const under = (name: string, strike: () => Promise<void>): Promise<Struck> => struck(gateway, name, strike);

describe('requests go on', () => {
  it('while the gateway is killed, and is away for 3 s', async () => {
    const { failed } = await under('gateway killed', async () => {
      await gateway.stopApp('SIGKILL');
      await delay(3_000);
      gateway.startApp();
      await gateway.untilAppReady();
    });
    expect(failed).toBe(0);
  });

  it('while Postgres is killed, and is away for 3 s', async () => {
    const { failed, carriedMs } = await under('Postgres killed', async () => {
      await gateway.postgres.kill();
      await delay(3_000);
      await gateway.postgres.start();
    });
    expect(failed).toBe(0);
    expect(carriedMs).toBeLessThan(20_000);
  });

  it('while Postgres is cut off, so that nothing is refused and nothing answered', async () => {
    const { failed, carriedMs } = await under('Postgres cut off', async () => {
      gateway.front.cut();
      await delay(10_000);
      gateway.front.mend();
    });
    expect(failed).toBe(0);
    expect(carriedMs).toBeLessThan(20_000);
  });

  it('while a worker of HAProxy stands still for a second', async () => {
    const { failed } = await under('HAProxy stopped', async () => {
      const { worker } = await gateway.haproxyPids();
      process.kill(worker, 'SIGSTOP');
      await delay(1_000);
      process.kill(worker, 'SIGCONT');
    });
    expect(failed).toBe(0);
  });
});

describe('HAProxy is back within seconds', () => {
  it.each(['worker', 'master'] as const)('its %s killed', async (part) => {
    const { awayMs, failed } = await under(`${part} killed`, async () => {
      process.kill((await gateway.haproxyPids())[part], 'SIGKILL');
    });
    expect(failed).toBeGreaterThan(0);
    expect(awayMs).toBeLessThan(MOST_AWAY_MS);
  });

  it('its worker killed while Postgres is away: what was wanted last is carried', async () => {
    const { awayMs } = await under('worker killed without Postgres', async () => {
      await gateway.postgres.kill();
      process.kill((await gateway.haproxyPids()).worker, 'SIGKILL');
      await until('it to answer', () => answers(), { timeoutMs: MOST_AWAY_MS });
      await gateway.postgres.start();
    });
    expect(awayMs).toBeLessThan(MOST_AWAY_MS);
  });

  it('killed with its gateway, which is started again', async () => {
    const { awayMs } = await under('gateway and HAProxy killed', async () => {
      const { master } = await gateway.haproxyPids();
      await gateway.stopApp('SIGKILL');
      process.kill(master, 'SIGKILL');
      gateway.startApp();
      await gateway.untilAppReady();
    });
    expect(awayMs).toBeLessThan(MOST_RESTART_MS);
  });
});

const answers = (): Promise<boolean> =>
  ask({ port: gateway.port, host: HOST }).then(
    ({ status }) => status === 200,
    () => false,
  );
