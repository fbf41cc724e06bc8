import { type FiguresRow, MOST_FEED_INSTANCE_FIGURES, MOST_FEED_SERVICE_FIGURES } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import { figureRows, LiveRowWriter, sayWakes } from '#libs/registry-client';
import type { Reporting } from '../../figures/ports.js';

/** Tells load balancers by a row of this gateway's own schema. */
export class RegistryReporting implements Reporting {
  private readonly writer: LiveRowWriter;
  private written = '';

  constructor(
    private readonly pool: Pool,
    carrier: string,
  ) {
    this.writer = new LiveRowWriter(pool, figureRows, carrier);
  }

  async figures({ services, instances }: FiguresRow, now: number): Promise<void> {
    const row: FiguresRow = {
      services: services.slice(0, MOST_FEED_SERVICE_FIGURES),
      instances: instances.slice(0, MOST_FEED_INSTANCE_FIGURES),
    };
    const text = JSON.stringify(row);
    if (text === this.written && (await this.writer.write(now))) return;
    this.written = '';
    await this.writer.write(now, row);
    this.written = text;
  }

  wake(services: readonly string[]): Promise<void> {
    return sayWakes(this.pool, services);
  }

  end(): Promise<void> {
    return this.writer.remove();
  }
}
