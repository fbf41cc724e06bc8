import type { ExplainedPlacement } from '#libs/contracts';
import type { Placed } from '#libs/http';
import { jsonTime, type Pool, type Transaction, whereEqual } from '#libs/postgres';
import { readInstances } from '#libs/registry-client';
import type { OldRows } from '#libs/runtime';
import { explainedAs, keptExplanation, type KeptExplanation } from '../domain/explained.js';
import type { DecidedAnswer, Explanations, PlacementFilter } from '../ports.js';

const DAY_MS = 86_400_000;

/** There is one for every answer, so they have a retention of their own. */
export const oldExplanations =
  (days: number): OldRows =>
  () => ({ table: 'placements', column: 'answered_at', keepMs: days * DAY_MS });

/** One row each, in the transaction of the answers. */
export async function keepExplanations(tx: Transaction, decided: readonly DecidedAnswer[]): Promise<void> {
  const column = (of: (one: DecidedAnswer) => unknown): readonly unknown[] => decided.map(of);
  await tx.query(
    `INSERT INTO placements (access_token, app_id, service, node, port, score, policy, explanation)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::float8[], $7::text[],
                          $8::jsonb[])`,
    [
      column(({ request }) => request.accessToken),
      column(({ request }) => request.appId),
      column(({ request }) => request.service),
      column(({ answer }) => answer.node?.name),
      column(({ answer }) => answer.node?.port),
      column(({ answer }) => answer.node?.score),
      column(({ policy }) => policy),
      column(({ request, explanation }) => keptExplanation(request, explanation)),
    ],
  );
}

const ITEM = `json_strip_nulls(json_build_object('accessToken', access_token, 'appId', app_id, 'service', service,
  'answeredAt', ${jsonTime('answered_at')}, 'outcome', CASE WHEN node IS NULL THEN 'refused' ELSE 'placed' END,
  'node', node, 'port', port, 'score', score, 'policy', policy))`;
const COLUMNS = `${ITEM} AS said, json_build_array(id::text) AS place, explanation`;

interface FoundRow {
  readonly said: Omit<ExplainedPlacement, 'asked' | 'nodes' | 'best' | 'refused'>;
  readonly place: readonly [id: string];
  readonly explanation: KeptExplanation;
}

const placedOf = ({ said, place, explanation }: FoundRow): Placed<ExplainedPlacement> => ({
  item: { ...said, ...explainedAs(explanation) } as ExplainedPlacement,
  place,
});

/** Reads what `keepExplanations` wrote. */
export class PostgresExplanations implements Explanations {
  constructor(private readonly pool: Pool) {}

  async list(
    { token, outcome, appId, service, node }: PlacementFilter,
    most: number,
    before?: string,
  ): Promise<readonly Placed<ExplainedPlacement>[]> {
    const { sql, values } = whereEqual({ app_id: appId, service, node });
    const given: unknown[] = [...values];
    const parameter = (value: unknown): string => `$${given.push(value)}`;
    const conditions = [
      sql,
      ...(outcome === undefined ? [] : [`node IS ${outcome === 'placed' ? 'NOT NULL' : 'NULL'}`]),
      // `;` is the character after `:`.
      ...(token === undefined
        ? []
        : [`access_token >= ${parameter(`${token}:`)} AND access_token < ${parameter(`${token};`)}`]),
      ...(before === undefined ? [] : [`id < ${parameter(before)}`]),
    ];
    const { rows } = await this.pool.query<FoundRow>(
      `SELECT ${COLUMNS} FROM placements WHERE ${conditions.join(' AND ')}
       ORDER BY id DESC LIMIT ${parameter(most)}`,
      given,
    );
    return rows.map(placedOf);
  }

  ofToken(accessToken: string): Promise<ExplainedPlacement | undefined> {
    return this.lastOf(accessToken);
  }

  async ofInstance(name: string): Promise<ExplainedPlacement | undefined> {
    const [instance] = await readInstances(this.pool, { name });
    return instance && this.lastOf(instance.accessToken);
  }

  private async lastOf(accessToken: string): Promise<ExplainedPlacement | undefined> {
    const { rows } = await this.pool.query<FoundRow>(
      `SELECT ${COLUMNS} FROM placements WHERE access_token = $1 ORDER BY id DESC LIMIT 1`,
      [accessToken],
    );
    return rows.map(placedOf)[0]?.item;
  }
}
