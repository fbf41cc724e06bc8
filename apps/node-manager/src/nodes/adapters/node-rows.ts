import type { Description, EngineFacts, HostKey, JumpHost, Node, Size } from '../domain/node.js';
import {
  type Holding,
  type NodeState,
  type Said,
  shownState,
  type Standing,
  type Wish,
} from '../domain/standing.js';

/** A row of node_records, as pg gives it: bigint as text. */
export interface NodeRow {
  readonly name: string;
  readonly address: string;
  readonly ssh_port: number;
  readonly ssh_user: string;
  readonly host_key_fingerprint: string;
  readonly login_encrypted: string | null;
  readonly state: NodeState;
  readonly cpus: number;
  readonly memory_bytes: string;
  readonly engine_version: string;
  readonly first_port: number;
  readonly last_port: number;
  readonly enrolled_at: Date;
  readonly socket_path: string | null;
  readonly host_key_type: HostKey['hostKeyType'] | null;
  readonly jump: JumpHost | null;
  readonly unenforced: EngineFacts['unenforced'];
  readonly wish: Wish;
  readonly wish_reason: string | null;
  readonly wish_by: string | null;
  readonly wish_at: Date | null;
  readonly reachable: boolean;
  readonly verdict_reason: string | null;
  readonly verdict_at: Date | null;
  readonly reported_at: Date | null;
  readonly agent_fence: string | null;
  readonly agent_at: Date | null;
  readonly returning_since: Date | null;
  readonly cleaned_at: Date | null;
  readonly drain_deadline: Date | null;
  readonly drained_at: Date | null;
  readonly holding: readonly Holding[];
  readonly state_reason: string | null;
  readonly state_since: Date | null;
  readonly state_by: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly zone: string | null;
  readonly capacity_cpus: number | null;
  readonly capacity_memory_bytes: string | null;
  readonly reserved_cpus: number;
  readonly reserved_memory_bytes: string;
  readonly architecture: string | null;
}

export function toNode(row: NodeRow): Node {
  return {
    name: row.name,
    address: row.address,
    sshPort: row.ssh_port,
    sshUser: row.ssh_user,
    hostKeyFingerprint: row.host_key_fingerprint,
    ...given({ hostKeyType: row.host_key_type, jump: row.jump, socketPath: row.socket_path }),
    state: row.state,
    ...given({ stateReason: row.state_reason, stateBy: row.state_by }),
    stateSince: (row.state_since ?? row.enrolled_at).toISOString(),
    wish: row.wish,
    ...given({ drain: standingOf(row).drain }),
    holding: row.holding,
    cpus: row.cpus,
    memoryBytes: Number(row.memory_bytes),
    engineVersion: row.engine_version,
    unenforced: row.unenforced,
    ...given({ architecture: row.architecture }),
    firstPort: row.first_port,
    lastPort: row.last_port,
    ...descriptionOf(row),
    enrolledAt: row.enrolled_at.toISOString(),
  };
}

export function descriptionOf(row: NodeRow): Description {
  const { capacity_memory_bytes: bytes, reserved_memory_bytes: reserved } = row;
  const capacity = sizeOf(row.capacity_cpus, bytes === null ? null : Number(bytes));
  const reserve = sizeOf(row.reserved_cpus || null, Number(reserved) || null);
  return { labels: row.labels, ...given({ zone: row.zone, capacity, reserve }) };
}

const sizeOf = (cpus: number | null, memoryBytes: number | null): Size | null =>
  cpus === null && memoryBytes === null ? null : given({ cpus, memoryBytes });

export function standingOf(row: NodeRow): Standing {
  const { wish, wish_at, reachable, verdict_at, returning_since, drain_deadline, drained_at } = row;
  const drain = { deadline: drain_deadline?.toISOString(), drainedAt: drained_at?.toISOString() };
  return {
    ...{ wish, reachable },
    ...given({
      wished: wish_at && said(wish_at, row.wish_reason, row.wish_by),
      verdict: verdict_at && said(verdict_at, row.verdict_reason, null),
      returning: returning_since?.toISOString(),
      drain: wish === 'draining' ? given(drain) : undefined,
    }),
  };
}

const said = (at: Date, reason: string | null, by: string | null): Said => ({
  at: at.toISOString(),
  ...given({ reason, by }),
});

/** The columns of a standing, and those that follow from it, in the order of their values. */
export const STANDING_COLUMNS =
  'wish wish_reason wish_by wish_at reachable verdict_reason verdict_at returning_since drain_deadline drained_at state state_reason state_since state_by'.split(
    ' ',
  );

export function standingValues(standing: Standing): readonly unknown[] {
  const { wish, wished, reachable, verdict, returning, drain } = standing;
  const { state, at, reason, by } = shownState(standing);
  return [
    ...[wish, wished?.reason, wished?.by, wished?.at, reachable, verdict?.reason, verdict?.at, returning],
    ...[drain?.deadline, drain?.drainedAt, state, reason, at, by],
  ].map((value) => value ?? null);
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Without the members that are null or undefined. */
function given<T extends object>(members: T): Given<T> {
  const known = Object.entries(members).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known) as Given<T>;
}
