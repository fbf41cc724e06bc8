import type pg from 'pg';
import { connectEngine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { type NodeEntry, sshTargetOf, until } from '#libs/testing';
import type { Plan } from './plan.js';
import type { Answer } from './traffic.js';

/** What must hold, and where it does not. */
export type Violations = Readonly<Record<string, readonly string[]>>;

const SETTLED_MS = 60_000;

/** Zero when no work and no message of any app is left, and all reports have reached registry and reservations. */
const LEFT = `SELECT (SELECT count(*) FROM deployer.work WHERE state <> 'done')
  + (SELECT count(*) FROM deployer.outbox) + (SELECT count(*) FROM load_balancer.outbox)
  + (SELECT count(*) FROM deployer.instances d FULL JOIN
       (SELECT name, access_token FROM registry.instances WHERE state = 'running') r USING (name)
       FULL JOIN (SELECT access_token FROM load_balancer.reservations WHERE state = 'bound') b USING (access_token)
     WHERE d.name IS NULL OR r.name IS NULL OR b.access_token IS NULL) AS left`;

/** Waits until nothing moves any more. Throws where something is left after a minute. */
export async function untilSettled(database: pg.Pool): Promise<void> {
  const isQuiet = async (): Promise<boolean> =>
    Number((await database.query<{ left: string }>(LEFT)).rows[0]?.left) === 0;
  await until('all work to be done and reported', isQuiet, { timeoutMs: SETTLED_MS });
}

export function checkAnswers(plan: Plan, answers: ReadonlyMap<string, Answer>): Violations {
  const firsts = new Map(plan.sends.map((send) => [send.token, send]));
  const unexpected = [...answers].flatMap(([token, { reply }]) => {
    const [service] = reply.services;
    const { expected, orElse = [] } = firsts.get(token) ?? {};
    if (service !== undefined && [expected, ...orElse].includes(service.status)) return [];
    const why = service?.error ?? reply.error;
    const asked = firsts.get(token);
    return [
      `${token} (${asked?.mode} of ${asked?.appId}) is ${service?.status} instead of ${expected}: ${why?.code} ${why?.message}`,
    ];
  });
  return {
    'every token is answered': [...firsts.keys()].filter((token) => !answers.has(token)),
    'repeats say the same': [...answers].flatMap(([token, { others }]) => (others.length > 0 ? [token] : [])),
    'every answer is what was to come of it': unexpected,
  };
}

interface Row {
  readonly name: string;
  readonly app_id: string;
  readonly node: string;
  readonly container: string;
  readonly access_token: string;
  readonly url: string;
}

export interface World {
  readonly database: pg.Pool;
  readonly nodes: readonly NodeEntry[];
}

/** What runs against what is written down of it. */
export async function checkWorld({ database, nodes }: World, plan: Plan): Promise<Violations> {
  const rows = (
    await database.query<Row>(`SELECT name, app_id, node, container, access_token, url
    FROM registry.instances WHERE state = 'running'`)
  ).rows;
  const known = (await database.query<{ name: string }>('SELECT name FROM deployer.instances')).rows;
  const reserved = (
    await database.query<{ access_token: string; state: string }>(
      `SELECT access_token, state FROM load_balancer.reservations WHERE state <> 'released'`,
    )
  ).rows;
  const containers = await containersOf(nodes);
  const inRegistry = new Set(rows.map(({ node, container }) => `${node}/${container}`));
  const running = new Set(containers.filter((c) => c.state === 'running').map(({ at }) => at));
  const bound = new Set(rows.map((row) => row.access_token));
  return {
    'every service that should run is in the registry once': [...plan.running].filter(
      (appId) => rows.filter((row) => row.app_id === appId).length !== 1,
    ),
    'no service that should not run is in the registry': rows
      .filter((row) => !plan.running.has(row.app_id) && !plan.either.has(row.app_id))
      .map(({ name }) => name),
    'no row without a running container': [...inRegistry].filter((at) => !running.has(at)),
    'no container without a row': containers
      .filter(({ at }) => !inRegistry.has(at))
      .map((c) => `${c.name} ${c.state}`),
    'the deployer knows what the registry knows': different(
      known.map(({ name }) => name),
      rows.map(({ name }) => name),
    ),
    'every reservation left is bound, each to what runs': different(
      reserved.map((r) => `${r.access_token} bound`),
      [...bound].map((token) => `${token} bound`),
    ).concat(reserved.filter((r) => r.state !== 'bound').map((r) => `${r.access_token} ${r.state}`)),
    'every URL of the registry answers': await silent(rows.map(({ url }) => url)),
  };
}

function different(these: readonly string[], those: readonly string[]): readonly string[] {
  const [a, b] = [new Set(these), new Set(those)];
  return [...these.filter((one) => !b.has(one)), ...those.filter((one) => !a.has(one))];
}

async function containersOf(nodes: readonly NodeEntry[]) {
  const ssh = new SshPool();
  try {
    const lists = await Promise.all(
      nodes.map(async (node) => {
        const engine = connectEngine({ ssh, target: sshTargetOf(node) });
        const found = await engine.list({ labels: {} });
        await engine.close();
        return found.map(({ id, name, state }) => ({ at: `${node.name}/${id}`, name, state }));
      }),
    );
    return lists.flat();
  } finally {
    await ssh.close();
  }
}

async function silent(urls: readonly string[]): Promise<readonly string[]> {
  const seen = await Promise.all(
    urls.map((url) =>
      fetch(url).then(
        async (response) => ((await response.text()) === 'ok' ? undefined : url),
        () => url,
      ),
    ),
  );
  return seen.flatMap((url) => url ?? []);
}
