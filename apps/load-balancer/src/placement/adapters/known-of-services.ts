import type { NodeRequest } from '#libs/contracts';
import { together, type Transaction } from '#libs/postgres';
import { FAILURE_WINDOW_MS, type KnownOfService, serviceKey } from '../domain/place.js';

/** Images of instances that ended stay on their nodes for a while; longer than this is not counted on. */
const IMAGE_STAYS = `interval '1 hour'`;

/** What is read of several services at once: of each its own, by the name of the node. */
type OfNodes = ReadonlyMap<string, number>;

/**
 * The nodes that ran the image of each request lately, or run it: it lies there. An agent tells that a minute later.
 * @returns in the order of the requests
 */
async function imageNodes(
  tx: Transaction,
  requests: readonly AskedOfService[],
): Promise<readonly ReadonlySet<string>[]> {
  const withImage = requests.filter(({ image }) => image !== undefined);
  if (withImage.length === 0) return requests.map(() => new Set());
  const { rows } = await tx.query<OfService & { readonly image: string }>(
    `SELECT DISTINCT app_id AS "appId", service, image, node, 1 AS value
     FROM reservations JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[])
                             AS of (app_id, service, image)) AS asked USING (app_id, service, image)
     WHERE failed_at IS NULL
       AND (state = 'bound' OR (state = 'released' AND updated_at > now() - ${IMAGE_STAYS}))`,
    [...columnsOf(withImage), withImage.map(({ image }) => image)],
  );
  const keyOfImage = (of: AskedOfService): string => `${serviceKey(of.appId, of.service)} ${of.image}`;
  return inOrderOf(requests, rows, keyOfImage).map((nodes) => new Set(nodes.keys()));
}

/** What placing knows of the service of each request beside the nodes, in the order of the requests. */
export async function knownOfServices(
  tx: Transaction,
  requests: readonly AskedOfService[],
): Promise<readonly KnownOfService[]> {
  const [failures, nodes] = await together(recentFailures(tx, requests), imageNodes(tx, requests));
  return requests.map((_, at) => ({ failures: failures[at], imageNodes: nodes[at] }));
}

/**
 * How often an instance of the service of each request has failed lately, by node.
 * @returns in the order of the requests
 */
async function recentFailures(
  tx: Transaction,
  requests: readonly Pick<NodeRequest, 'appId' | 'service'>[],
): Promise<readonly OfNodes[]> {
  const { rows } = await tx.query<OfService>(
    `SELECT app_id AS "appId", service, node, count(*)::integer AS value
     FROM reservations JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])
                             AS of (app_id, service)) AS asked USING (app_id, service)
     WHERE failed_at > now() - $3 * interval '1 ms' GROUP BY app_id, service, node`,
    [...columnsOf(requests), FAILURE_WINDOW_MS],
  );
  return inOrderOf(requests, rows, ({ appId, service }) => serviceKey(appId, service));
}

type AskedOfService = Pick<NodeRequest, 'appId' | 'service' | 'image'>;

interface OfService extends Pick<NodeRequest, 'appId' | 'service'> {
  readonly node: string;
  readonly value: number;
}

const columnsOf = (of: readonly Pick<NodeRequest, 'appId' | 'service'>[]): readonly (readonly string[])[] => [
  of.map(({ appId }) => appId),
  of.map(({ service }) => service),
];

function inOrderOf<A, R extends A & OfService>(
  asked: readonly A[],
  rows: readonly R[],
  key: (of: A) => string,
): readonly OfNodes[] {
  const byKey = Map.groupBy(rows, key);
  return asked.map((one) => new Map(byKey.get(key(one))?.map(({ node, value }) => [node, value])));
}
