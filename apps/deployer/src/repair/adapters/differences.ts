import type { Pool } from '#libs/postgres';
import { unfinishedWorkOf } from '#libs/postgres';
import type { Difference, RecordDifferences, SeenNode } from '../ports.js';

const BUSY = unfinishedWorkOf("i.app_id || '/' || i.service");

/** `$1`: SeenNode[] as JSON. Instances of a service with a task are left to it, so they are no difference. */
const DIFFERENCES = `WITH seen AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
    AS s(node text, alive boolean, "since" timestamptz, lost boolean, leaving boolean, containers text[])
), recorded AS (
  SELECT s.*, i.name, i.container, i.state, i.report, i.app_id, i.service FROM seen s JOIN instances i ON i.node = s.node
)
SELECT node, 'missing' AS kind, name AS about FROM recorded i
WHERE alive AND containers IS NOT NULL AND state = 'running' AND container <> ALL (containers) AND NOT ${BUSY}
UNION ALL
SELECT node, 'lost', name || ' ' || "since" FROM recorded i
WHERE NOT alive AND lost AND state = 'running' AND NOT ${BUSY}
UNION ALL
SELECT node, 'abandoned', name FROM recorded WHERE alive AND state = 'abandoned'
UNION ALL
SELECT node, 'crashing', name FROM recorded WHERE alive AND report -> 'crashing' IS NOT NULL
UNION ALL
SELECT node, 'leaving', name || ' ' || ${BUSY} FROM recorded i WHERE alive AND leaving
UNION ALL
SELECT s.node, 'unknown', c FROM seen s, unnest(s.containers) c
WHERE alive AND NOT EXISTS (SELECT FROM instances i WHERE i.container = c)
UNION ALL
SELECT s.node, 'returned', "since"::text FROM seen s
WHERE alive AND NOT EXISTS (SELECT FROM node_checks c WHERE c.node = s.node AND c.cleaned_at >= s."since")`;

/** Compares what agents see with the record, in one statement however many nodes there are. */
export class PostgresDifferences implements RecordDifferences {
  constructor(private readonly pool: Pool) {}

  async between(seen: readonly SeenNode[]): Promise<readonly Difference[]> {
    if (seen.length === 0) return [];
    const { rows } = await this.pool.query<Difference>(DIFFERENCES, [JSON.stringify(seen)]);
    return rows;
  }
}
