import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, until } from '#libs/testing';
import { Stream } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { deploy, Requests } from '../crash/requests.js';
import { slow } from '../e2e/services.js';
import type { Installation } from './installation.js';
import { lostParts } from './scaling-faults.js';

const SOON = { timeoutMs: 90_000 };
/** Requests at once: as many clients, each of which asks again once it is answered. */
const CALM = 2;
const LOAD = 8;
/** At two an instance, with a tolerance of a tenth. */
const FEW = 1;
const MANY = 4;
const POLICY = {
  ...{ min: 1, max: 6, targets: { concurrency: 2 }, panic: { percent: 1_000 } },
  in: { step: 6, cooldownMs: 1_000, stabilisationMs: 3_000 },
};

/** What the registry has seen of a service from some time on. */
interface Moves {
  readonly started: number;
  readonly ended: number;
  readonly running: number;
}

/** A part is lost while a service grows, and while it shrinks: as many instances come and go as the policy asks for. */
export function scalingUnderFaults(installed: () => Installation, isChosen: (name: string) => boolean): void {
  const cases = lostParts.flatMap(({ name, strike }) =>
    (['grows', 'shrinks'] as const).map((phase) => ({
      name: `${name} is lost while a service ${phase}`,
      phase,
      strike,
    })),
  );
  const chosen = cases.filter(({ name }) => isChosen(name));
  if (chosen.length === 0) return;
  describe('nothing is added or removed twice, and the end is as the policy says', () => {
    let scaled: Scaled;
    beforeAll(() => {
      scaled = new Scaled(installed);
      return scaled.start();
    });
    afterAll(() => scaled?.stop());
    it.each(chosen.map((one) => [one.name, one] as const))('%s', async (name, { phase, strike }) => {
      const [from, to] = phase === 'grows' ? [FEW, MANY] : [MANY, FEW];
      await scaled.begin(from);
      const { failures, seconds, moves } = await scaled.during(to, () => strike(installed(), scaled.appId));
      console.log(
        `${name}: ${JSON.stringify(moves)} after ${seconds.toFixed(1)} s, ${failures.length} failed`,
      );
      const [started, ended] = phase === 'grows' ? [MANY - FEW, 0] : [0, MANY - FEW];
      expect({ moves, failures }).toEqual({ moves: { started, ended, running: to }, failures: [] });
      expect(installed().crashes).toEqual([]);
    });
  });
}

/** One service under a load of so many clients. */
class Scaled {
  readonly appId = uniqueName('scaled');
  private readonly requests = new Requests();
  private readonly streams: Stream[] = [];

  constructor(private readonly installed: () => Installation) {}

  async start(): Promise<void> {
    await this.requests.connect();
    const config = { scaling: POLICY, stop: { graceMs: 1_000, drainMs: 5_000 } };
    await this.requests.pushFiles(this.appId, slow('done', config));
    const reply = await this.requests.ask(deploy('build-and-run'), this.appId);
    if (!reply.status) throw new Error(`the preparation failed: ${JSON.stringify(reply)}`);
  }

  async stop(): Promise<void> {
    await this.load(0);
    await this.requests.ask(deploy('stop'), this.appId);
    await this.requests.close();
  }

  /** Under the load that so many instances are for, until there are so many. */
  async begin(instances: number): Promise<void> {
    await this.load(instances === MANY ? LOAD : CALM);
    await this.settled(instances);
    for (const stream of this.streams) stream.failures.length = 0;
  }

  /** The load changes, and something strikes as soon as the scaling has been decided. */
  async during(instances: number, strike: () => Promise<void>) {
    const begun = performance.now();
    const last = await this.lastOf();
    await this.load(instances === MANY ? LOAD : CALM);
    await until('the scaling to be decided', async () => (await this.decidedSince(last.decision)) > 0, SOON);
    await strike();
    await this.settled(instances);
    const seconds = (performance.now() - begun) / 1_000;
    await this.quiet();
    const moves = await this.movesSince(last.event);
    return { moves, seconds, failures: this.streams.flatMap(({ failures }) => failures) };
  }

  private get url() {
    return { port: this.installed().trafficPort, host: `web.${this.appId}.localhost` };
  }

  /** So many clients at once; those that go end with their answers. */
  private async load(clients: number): Promise<void> {
    while (this.streams.length < clients) this.streams.push(new Stream(this.url, 1));
    await Promise.all(this.streams.splice(clients).map((stream) => stream.stop()));
  }

  private async settled(instances: number): Promise<void> {
    const { database } = this.installed();
    await until(
      `${instances} instances, and nothing to do`,
      async () => {
        const { rows } = await database.query<{ isSo: boolean }>(
          `SELECT wanted = $2 AND running = $2 AND NOT EXISTS (
             SELECT FROM deployer.work WHERE key LIKE $1 || '/%' AND state <> 'done') AND NOT EXISTS (
             SELECT FROM registry.instances i WHERE i.app_id = $1 AND i.state = 'draining') AS "isSo"
           FROM registry.services WHERE app_id = $1`,
          [this.appId, instances],
        );
        return rows[0]?.isSo === true;
      },
      SOON,
    );
  }

  /** Until some rounds more have been decided, whichever replica does, and have changed nothing. */
  private async quiet(): Promise<void> {
    const { database } = this.installed();
    const at = async (): Promise<number> => {
      const { rows } = await database.query<{ at: number }>(
        `SELECT extract(epoch FROM max(until))::float8 AS at FROM load_balancer.scaling_decisions WHERE app_id = $1`,
        [this.appId],
      );
      return rows[0]?.at ?? 0;
    };
    const before = await at();
    await until('further rounds', async () => (await at()) > before + QUIET_SECONDS, SOON);
  }

  private async lastOf(): Promise<{ readonly event: number; readonly decision: Date }> {
    const { rows } = await this.installed().database.query<{ event: number; decision: Date }>(
      `SELECT coalesce((SELECT max(id) FROM registry.instance_events WHERE app_id = $1), 0)::float8 AS event,
              now() AS decision`,
      [this.appId],
    );
    return rows[0] ?? { event: 0, decision: new Date(0) };
  }

  private async decidedSince(at: Date): Promise<number> {
    const { rowCount } = await this.installed().database.query(
      `SELECT FROM load_balancer.scaling_decisions WHERE app_id = $1 AND decided_at > $2 AND from_count <> to_count`,
      [this.appId, at],
    );
    return rowCount ?? 0;
  }

  private async movesSince(event: number): Promise<Moves> {
    const { rows } = await this.installed().database.query<Moves>(
      `SELECT count(*) FILTER (WHERE event = 'started')::integer AS started,
              count(*) FILTER (WHERE event IN ('stopped', 'failed'))::integer AS ended,
              (SELECT running FROM registry.services WHERE app_id = $1) AS running
       FROM registry.instance_events WHERE app_id = $1 AND id > $2`,
      [this.appId, event],
    );
    return rows[0] ?? { started: 0, ended: 0, running: 0 };
  }
}

const QUIET_SECONDS = 3;
