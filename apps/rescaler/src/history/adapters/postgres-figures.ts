import type { Pool } from '#libs/postgres';
import type { HostFigures } from '../domain/ten-seconds.js';

/** A table in partitions by day. */
export const LIMIT_FIGURES = 'limit_figures';

export class PostgresFigures {
  constructor(private readonly pool: Pool) {}

  async store(figures: readonly HostFigures[]): Promise<void> {
    if (figures.length === 0) return;
    await this.pool.query(
      `INSERT INTO ${LIMIT_FIGURES} SELECT * FROM json_populate_recordset(NULL::${LIMIT_FIGURES}, $1)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(figures.map(rowOf))],
    );
  }
}

const rowOf = ({ host, begun, fence, settings, containers }: HostFigures): object => ({
  ...{ host, begun: new Date(begun).toISOString(), fence, settings },
  containers: containers.map(({ container }) => container),
  app_ids: containers.map(({ appId }) => appId),
  services: containers.map(({ service }) => service),
  cpu_used: containers.map(({ cpuUsed }) => cpuUsed),
  cpu_limit: containers.map(({ cpuLimit }) => cpuLimit),
  cpu_throttled: containers.map(({ throttled }) => throttled),
  memory_used: containers.map(({ memoryUsed }) => memoryUsed),
  memory_limit: containers.map(({ memoryLimit }) => memoryLimit),
});
