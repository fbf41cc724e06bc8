import { Readable } from 'node:stream';
import type { Pool } from '#libs/postgres';
import type { InstanceDetails } from '#libs/contracts';
import type { InstanceLogs, LogWish, OfService } from '../ports.js';

/** What the instances' engines are asked for. */
interface LogEngines {
  logs(node: string, container: string, tail: number): Promise<string>;
  followLogs(node: string, container: string, tail: number): Promise<Readable>;
}

/** Each holds a channel to its node, of which deployments need some, too. */
const MOST_FOLLOWED = 16;

/** What instances say, for whoever asks: read at the engine of their node, kept nowhere. */
export class EngineInstanceLogs implements InstanceLogs {
  private readonly followed = new Set<Readable>();
  private opening = 0;

  constructor(
    private readonly pool: Pool,
    private readonly engines: LogEngines,
  ) {}

  /** Undefined when nothing was ever built or run of the service. */
  async instances({ appId, service }: OfService): Promise<InstanceDetails[] | undefined> {
    const { rows } = await this.pool.query<{ items: InstanceDetails[] | null; known: boolean }>(
      `SELECT json_agg(json_build_object('instance', name, 'state', state, 'node', node, 'release', release_id,
                'startedAt', report ->> 'startedAt') ORDER BY name) AS items,
              EXISTS (SELECT FROM releases r WHERE r.app_id = $1 AND r.service = $2) AS known
       FROM instances WHERE app_id = $1 AND service = $2`,
      [appId, service],
    );
    const { items, known } = rows[0] ?? { items: null, known: false };
    return items ?? (known ? [] : undefined);
  }

  /** 'unknown' where the service has no such instance, 'busy' where too many are followed already. */
  async open(
    { appId, service }: OfService,
    instance: string,
    { tail, follow }: LogWish,
  ): Promise<Readable | 'unknown' | 'busy'> {
    const { rows } = await this.pool.query<{ node: string; container: string }>(
      'SELECT node, container FROM instances WHERE app_id = $1 AND service = $2 AND name = $3',
      [appId, service, instance],
    );
    const [found] = rows;
    if (found === undefined) return 'unknown';
    const { node, container } = found;
    if (!follow) return Readable.from([await this.engines.logs(node, container, tail)]);
    if (this.followed.size + this.opening >= MOST_FOLLOWED) return 'busy';
    this.opening += 1;
    try {
      const stream = await this.engines.followLogs(node, container, tail);
      this.followed.add(stream.once('close', () => this.followed.delete(stream)));
      return stream;
    } finally {
      this.opening -= 1;
    }
  }

  /** Ends what is followed: an answer without an end would hold up the end of its server. */
  close(): void {
    for (const stream of this.followed) stream.destroy();
  }
}
