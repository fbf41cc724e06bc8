import pg from 'pg';

/** Something that was said on its way from a request to its answer. Times in milliseconds since 1970. */
export interface Hop {
  readonly at: number;
  readonly channel: string;
  readonly payload: string;
}

/** All that apps tell each other by NOTIFY: each comes with the commit of what it tells of. */
const CHANNELS = [
  ...['traffic_wakes', 'load_balancer_outbox', 'deployer_work', 'deployer_outbox', 'registry_changes'],
  ...['node_manager_outbox', 'registry_outbox', 'deployer_nudge', 'traffic_carriers'],
];

/** Listens to what apps tell each other, on a connection of its own. */
export class Hops {
  private heard: Hop[] = [];

  private constructor(private readonly client: pg.Client) {
    client.on('notification', ({ channel, payload = '' }) =>
      this.heard.push({ at: Date.now(), channel, payload }),
    );
  }

  static async listen(connectionString: string): Promise<Hops> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    const hops = new Hops(client);
    for (const channel of CHANNELS) await client.query(`LISTEN ${channel}`);
    return hops;
  }

  /** Since the last call. */
  take(): readonly Hop[] {
    const { heard } = this;
    this.heard = [];
    return heard;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
