import type { ScalingPolicy } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import { namingRegistry } from '#libs/registry-client';
import type { KnownServices } from '../ports.js';

export class RegistryServices implements KnownServices {
  constructor(private readonly pool: Pool) {}

  async find({ appId, service }: { readonly appId: string; readonly service: string }) {
    const { rows } = await namingRegistry(
      this.pool.query<{ scaling: ScalingPolicy | null }>(
        'SELECT scaling FROM registry.services WHERE app_id = $1 AND service = $2',
        [appId, service],
      ),
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return row.scaling?.vertical === undefined ? {} : { vertical: row.scaling.vertical };
  }
}
