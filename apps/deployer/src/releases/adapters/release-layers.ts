import type { ImageLayers } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import type { Release } from '../../task/domain/task.events.js';
import type { Layers } from '../ports.js';
import type { RegistryImageLayers } from './image-layers.js';

/** What images consist of, as the registry said once: images never change. */
export class PostgresLayers implements Layers {
  constructor(
    private readonly pool: Pool,
    private readonly registry: Pick<RegistryImageLayers, 'of'>,
  ) {}

  ofImage(image: Pick<Release, 'image' | 'architecture'>): Promise<ImageLayers | undefined> {
    return this.registry.of(image);
  }

  async ofRelease(release: Release): Promise<ImageLayers | undefined> {
    const { rows } = await this.pool.query<{ layers: ImageLayers }>(
      `SELECT layers FROM releases WHERE id = $1 AND release ->> 'image' = $2 AND layers IS NOT NULL`,
      [release.id, release.image],
    );
    if (rows[0] !== undefined) return rows[0].layers;
    const found = await this.registry.of(release);
    if (found !== undefined) await this.keep(release, found);
    return found;
  }

  private async keep({ id, image }: Release, layers: ImageLayers): Promise<void> {
    await this.pool.query(`UPDATE releases SET layers = $3 WHERE id = $1 AND release ->> 'image' = $2`, [
      id,
      image,
      layers,
    ]);
  }
}
