import type { InstanceReport, NodeReport, NodeState } from '#libs/contracts';
import { isOlderState } from '#libs/observations';
import type { Transaction } from '#libs/postgres';
import { decideReport } from '../domain/node-report.js';
import {
  decideDrained,
  decideVerdict,
  type NodeEventName,
  type Settled,
  shownState,
  type Standing,
} from '../domain/standing.js';
import type { Asked } from '../ports.js';
import { type NodeRow, STANDING_COLUMNS, standingOf, standingValues } from './node-rows.js';

/** The SQL of nodes that change, one named function each. Whoever changes one locks its row first. */

export async function lockNode(tx: Transaction, name: string): Promise<NodeRow | undefined> {
  const { rows } = await tx.query<NodeRow>('SELECT * FROM node_records WHERE name = $1 FOR UPDATE', [name]);
  return rows[0];
}

const SET_STANDING = STANDING_COLUMNS.map((column, index) => `${column} = $${index + 2}`).join(', ');

export async function setStanding(tx: Transaction, name: string, standing: Standing): Promise<NodeRow> {
  const { rows } = await tx.query<NodeRow>(
    `UPDATE node_records SET ${SET_STANDING}, updated_at = now() WHERE name = $1 RETURNING *`,
    [name, ...standingValues(standing)],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`node ${name} was locked and is gone`);
  return row;
}

export async function addEvent(
  tx: Transaction,
  node: string,
  event: { readonly event: NodeEventName; readonly standing: Standing; readonly asked?: Asked },
): Promise<void> {
  const { state } = shownState(event.standing);
  const { reason, by } = event.asked ?? {};
  await tx.query('INSERT INTO node_events (node, event, state, reason, by) VALUES ($1, $2, $3, $4, $5)', [
    ...[node, event.event, state, reason ?? null, by ?? null],
  ]);
}

/** Writes down what was decided, with its event; the row as it is then. */
export async function writeDecided(
  tx: Transaction,
  row: NodeRow,
  { standing, event }: Settled,
  asked?: Asked,
): Promise<NodeRow> {
  if (event !== undefined) await addEvent(tx, row.name, { event, standing, asked });
  return setStanding(tx, row.name, standing);
}

export async function countLive(tx: Transaction, node: string): Promise<number> {
  const { rows } = await tx.query<{ live: number }>(
    `SELECT count(*)::integer AS live FROM instance_records WHERE node = $1 AND state IN ('running', 'draining')`,
    [node],
  );
  return rows[0]?.live ?? 0;
}

/** `2 of retired releases, 3 for room on the disk` */
function removedText({ imagesRemoved }: NodeReport): string | undefined {
  const { retired = 0, forDisk = 0 } = imagesRemoved ?? {};
  const parts = [
    ...(retired > 0 ? [`${retired} of retired releases`] : []),
    ...(forDisk > 0 ? [`${forDisk} for room on the disk`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Writes down what the agent says of a node: its verdict alone makes it unreachable. What people ask of it stays. */
export async function recordNodeState(tx: Transaction, state: NodeState): Promise<void> {
  const { node, fence, observedAt, liveness } = state;
  const row = await lockNode(tx, node);
  if (row === undefined || isOlderState(state, lastOf(row))) return;
  await tx.query('UPDATE node_records SET agent_fence = $2, agent_at = $3 WHERE name = $1', [
    ...[node, fence, observedAt],
  ]);
  const { reason, since: at } = liveness;
  const isClean = (row.cleaned_at?.getTime() ?? 0) >= Date.parse(at);
  const reachable = liveness.state === 'alive';
  const verdict = { at, ...(reason !== undefined && { reason }), reachable, isClean };
  const decided = decideVerdict(standingOf(row), verdict);
  if (decided.event !== undefined) await writeDecided(tx, row, decided, { reason });
}

/** The last state that its agents sent, as far as it is known. */
const lastOf = ({ agent_fence, agent_at }: NodeRow): Pick<NodeState, 'fence' | 'observedAt'> => ({
  fence: Number(agent_fence ?? 0),
  observedAt: (agent_at ?? new Date(0)).toISOString(),
});

/** Nobody watches a node that was removed: whoever enrols it again waits for no agent. */
export const forgetAgent = async (tx: Transaction, node: string): Promise<void> =>
  void (await tx.query('UPDATE node_records SET agent_at = NULL WHERE name = $1', [node]));

/** Writes down what the deployer says of a node: that it is clean, and what holds its drain up. */
export async function recordNodeReport(tx: Transaction, report: NodeReport): Promise<void> {
  const { node, reportedAt, holding, cleaned } = report;
  const row = await lockNode(tx, node);
  if (row === undefined || (row.reported_at?.getTime() ?? 0) > Date.parse(reportedAt)) return;
  await tx.query(
    `UPDATE node_records SET reported_at = $2, holding = coalesce($3, holding), cleaned_at = coalesce($4, cleaned_at)
     WHERE name = $1`,
    [node, reportedAt, holding && JSON.stringify(holding), cleaned],
  );
  const standing = standingOf(row);
  const removed = removedText(report);
  if (removed !== undefined)
    await addEvent(tx, node, { event: 'images-removed', standing, asked: { reason: removed } });
  const decided = decideReport(standing, report, row.agent_at?.getTime());
  const reason = report.state === 'unreachable' ? report.reason : undefined;
  if (decided.event !== undefined) await writeDecided(tx, row, decided, { reason });
}

/**
 * After a report of an instance: whether its node is drained now. One that ended waits for whoever changes the node, so
 * that either of them sees what the other does.
 */
export async function settleDrain(tx: Transaction, report: InstanceReport): Promise<void> {
  const { node, state, reportedAt } = report;
  const ended = state === 'stopped' || state === 'failed';
  const { rows } = await tx.query<NodeRow>(
    `SELECT * FROM node_records WHERE name = $1 ${ended ? '' : `AND wish = 'draining'`} FOR UPDATE`,
    [node],
  );
  const [row] = rows;
  if (row?.wish !== 'draining') return;
  const standing = standingOf(row);
  const settled = decideDrained(standing, await countLive(tx, node), reportedAt);
  if (settled.standing !== standing) await writeDecided(tx, row, settled);
}
