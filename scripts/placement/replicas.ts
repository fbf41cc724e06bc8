import { nodeRequested } from '#libs/contracts';
import { createKafka, SILENT } from '#libs/kafka';
import { type AppProcess, spawnApp, until, untilReady } from '#libs/testing';
import type { Ledger } from '../one-machine/ledger.js';

interface ReplicaOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Told of each process, so that none is left when this one is killed. */
  readonly ledger?: Pick<Ledger, 'holdProcess'>;
}

const JOIN_MS = 30_000;

/** Replicas of the load balancer, each a process of its own. */
export class Replicas {
  kills = 0;
  /** How replicas ended that nobody ended, with the end of their log. */
  readonly crashes: string[] = [];
  private readonly apps: AppProcess[] = [];
  private readonly ending = new WeakSet<AppProcess>();
  private started = 0;

  constructor(private readonly options: ReplicaOptions) {}

  get pids(): readonly number[] {
    return this.apps.map(({ pid }) => pid);
  }

  /** Resolves when all are ready and share the requests. */
  async start(count: number): Promise<void> {
    for (let place = 0; place < count; place += 1) this.apps[place] = this.spawn();
    await Promise.all(this.apps.map((app) => untilReady(app)));
    await this.untilShared();
  }

  /** SIGKILL; nothing is started in its place. */
  async kill(place: number): Promise<void> {
    const app = this.apps[place];
    if (app === undefined) throw new RangeError(`there is no replica ${place}`);
    this.kills += 1;
    this.ending.add(app);
    await app.stop('SIGKILL');
  }

  /** Another one in the place of one that was killed; resolves when it is ready, or was killed as well. */
  async revive(place: number): Promise<void> {
    const app = this.spawn();
    this.apps[place] = app;
    await untilReady(app).catch((error: unknown) => {
      if (!this.ending.has(app)) throw error;
    });
  }

  /** Each drains and leaves. */
  async stop(): Promise<void> {
    const left = this.apps.splice(0).filter((app) => !this.ending.has(app));
    for (const app of left) this.ending.add(app);
    const ends = await Promise.all(left.map(async (app) => ({ app, ...(await app.stop()) })));
    for (const { app, code } of ends) if (code !== 0) this.crashes.push(lastOf(app, code));
  }

  private spawn(): AppProcess {
    const { env, ledger } = this.options;
    this.started += 1;
    const app = spawnApp('load-balancer', { ...env, LOAD_BALANCER_REPLICA: `replica-${this.started}` });
    ledger?.holdProcess(app.pid);
    void app.ended.then((code) => {
      if (!this.ending.has(app)) this.crashes.push(lastOf(app, code));
    });
    return app;
  }

  private async untilShared(): Promise<void> {
    const { KAFKA_BROKERS: brokers = '', KAFKA_PREFIX: prefix } = this.options.env;
    const kafka = createKafka({ brokers: brokers.split(','), prefix, clientId: 'placement', logger: SILENT });
    const admin = kafka.admin();
    await admin.connect();
    try {
      const group = kafka.nameOf(`slipway.load-balancer.${nodeRequested.topic}`);
      const isShared = async (): Promise<boolean> => {
        const [found] = (await admin.describeGroups([group])).groups;
        return found?.state === 'Stable' && found.members.length === this.apps.length;
      };
      await until('all replicas to share the requests', isShared, { timeoutMs: JOIN_MS });
    } finally {
      await admin.disconnect();
    }
  }
}

const lastOf = (app: AppProcess, code: number | null): string =>
  `a load balancer ended with ${code}: ${app.log().slice(-2_000)}`;
