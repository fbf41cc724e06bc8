import { type Pool } from '#libs/postgres';
import { namingRegistry } from '#libs/registry-client';
import type { Policy } from '../domain/policy.js';
import type { ScaledService, ScaledServices, ServiceName } from '../ports.js';

interface Row {
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  readonly wanted: number;
  readonly release: string | null;
  readonly scaling: Policy;
  readonly areNodesAway: boolean;
  readonly instances: readonly { readonly name: string; readonly state: string; readonly release: string }[];
}

/**
 * Of a column with a policy: it is one of the count, as `scalesCount` of the contracts says. A policy of limits alone leaves
 * the count to others.
 */
export const countScales = (column: string): string =>
  `(${column} -> 'targets' <> '{}' OR ${column} -> 'windows' <> '[]' OR ${column} -> 'min' = '0')`;

/** Each reads its instances by their service, so what else runs costs nothing. */
const SCALED = `
  SELECT app_id AS "appId", app_name AS "appName", service, wanted, wanted_release AS release, scaling,
    (SELECT coalesce(json_agg(json_build_object('name', name, 'state', state, 'release', instance.release)
                              ORDER BY name), '[]')
     FROM registry.instances instance
     WHERE instance.app_id = service.app_id AND instance.service = service.service
       AND state IN ('running', 'draining')) AS instances,
    (SELECT coalesce(bool_and(state = 'unreachable'), false) FROM registry.nodes WHERE state <> 'gone') AS "areNodesAway"
  FROM registry.services service
  WHERE ${countScales('scaling')} AND wanted_state = 'running' AND wanted IS NOT NULL
  ORDER BY app_id, service`;

/** The services with a policy, as the registry's views show them. */
export class RegistryScaledServices implements ScaledServices {
  constructor(private readonly pool: Pool) {}

  async read(): Promise<readonly ScaledService[]> {
    const { rows } = await namingRegistry(this.pool.query<Row>(SCALED));
    return rows.map(({ instances, release, scaling, ...row }) => ({
      ...row,
      policy: scaling,
      running: instances.filter(({ state }) => state === 'running').map(({ name }) => name),
      isRollingOut: instances.some((instance) => instance.release !== release),
    }));
  }

  /** The policy of the count, of any service that the registry knows; undefined of others. */
  async policyOf({ appId, service }: ServiceName): Promise<{ readonly policy?: Policy } | undefined> {
    const { rows } = await namingRegistry(
      this.pool.query<{ policy: Policy | null }>(
        `SELECT CASE WHEN ${countScales('scaling')} THEN scaling END AS policy
         FROM registry.services WHERE app_id = $1 AND service = $2`,
        [appId, service],
      ),
    );
    const [row] = rows;
    return row && { ...(row.policy !== null && { policy: row.policy }) };
  }
}
