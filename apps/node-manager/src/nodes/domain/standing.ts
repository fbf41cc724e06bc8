import type { nodeStates } from '#libs/contracts';

/** ready takes instances; the others do not. */
export type NodeState = (typeof nodeStates)[number];

/** What people ask of a node. */
export const wishes = ['none', 'cordoned', 'draining', 'removed'] as const;
export type Wish = (typeof wishes)[number];

/** Why something is as it is, since when, and who asked for it. Times are RFC 3339. */
export interface Said {
  readonly at: string;
  readonly reason?: string;
  /** The principal; left out of what nobody asked for. */
  readonly by?: string;
}

/** Why an instance is still on a node that is drained. */
export interface Holding {
  readonly instance: string;
  readonly appId: string;
  readonly service: string;
  readonly reason: string;
}

export interface Drain {
  /** It goes on after that, and is called late. */
  readonly deadline?: string;
  /** Since when nothing runs there any more. */
  readonly drainedAt?: string;
}

/** What is wanted of a node, and what is known of it: neither overwrites the other. */
export interface Standing {
  readonly wish: Wish;
  /** Left out where nothing was ever asked. */
  readonly wished?: Said;
  readonly reachable: boolean;
  /** Left out where it always answered. */
  readonly verdict?: Said;
  /** Since when it answers again, until what was replaced meanwhile is removed. Only with `reachable`. */
  readonly returning?: string;
  /** Of a drain alone. */
  readonly drain?: Drain;
}

export const NEW_STANDING: Standing = { wish: 'none', reachable: true };

/** A state as people see it. */
export interface ShownState extends Partial<Said> {
  readonly state: NodeState;
}

const BEING_CLEANED = 'being cleaned: what was replaced while it was unreachable is removed first';

/** What nobody can get back goes before what does not answer or is not clean, and that before what people ask. Pure. */
export function stateOf({
  wish,
  reachable,
  returning,
}: Pick<Standing, 'wish' | 'reachable' | 'returning'>): NodeState {
  if (wish === 'removed') return 'gone';
  if (!reachable) return 'unreachable';
  if (returning !== undefined) return 'returning';
  return wish === 'none' ? 'ready' : wish;
}

/** With its reason: that of a node that does not answer also says what it will be when it does. */
export function shownState(standing: Standing): ShownState {
  const { wish, wished, verdict, drain } = standing;
  const state = stateOf(standing);
  switch (state) {
    case 'gone':
    case 'cordoned':
      return { state, ...wished };
    case 'draining':
      return { state, ...wished, ...(drain?.drainedAt && { reason: `drained at ${drain.drainedAt}` }) };
    case 'unreachable': {
      const reason = joined(verdict?.reason, wish !== 'none' && `it stays ${wish} when it answers`);
      return { state, ...(verdict && { at: verdict.at }), ...(reason !== '' && { reason }) };
    }
    case 'returning': {
      const reason = joined(BEING_CLEANED, wish !== 'none' && `it stays ${wish} after that`);
      return { state, at: standing.returning, reason };
    }
    case 'ready': {
      const at = [wished?.at, verdict?.at].filter((time) => time !== undefined).sort();
      return { state, ...(at.length > 0 && { at: at.at(-1) }) };
    }
  }
}

const joined = (...reasons: readonly (string | false | undefined)[]): string =>
  reasons.filter(Boolean).join('; ');

export type NodeCommand =
  | { readonly kind: 'cordon' | 'uncordon' }
  | { readonly kind: 'drain'; readonly deadline?: string }
  | { readonly kind: 'remove'; readonly force: boolean };

export type NodeEventName =
  | ('enrolled' | 'updated' | 'labelled' | 'login-changed')
  | ('cordoned' | 'uncordoned' | 'draining' | 'drained' | 'removed')
  | ('unreachable' | 'returning' | 'reachable' | 'images-removed');

/** Without an event where nothing happened that people should see; the same standing where nothing did at all. */
export interface Settled {
  readonly standing: Standing;
  readonly event?: NodeEventName;
}

export type Decided = (Settled & { readonly refused?: undefined }) | { readonly refused: 'in-use' | 'gone' };

/** What a command of people makes of a node on which so many instances live. Pure. */
export function decideCommand(
  standing: Standing,
  command: NodeCommand,
  { said, live }: { readonly said: Said; readonly live: number },
): Decided {
  const { drain: _, ...rest } = standing;
  const wishing = (wish: Wish): Standing => ({ ...rest, wish, wished: said });
  if (standing.wish === 'removed') return { refused: 'gone' };
  switch (command.kind) {
    case 'cordon':
      return standing.wish === 'cordoned'
        ? { standing }
        : { standing: wishing('cordoned'), event: 'cordoned' };
    case 'uncordon':
      return standing.wish === 'none' ? { standing } : { standing: wishing('none'), event: 'uncordoned' };
    case 'drain':
      return decideDrain(standing, command, { said, live });
    case 'remove':
      return live > 0 && !command.force
        ? { refused: 'in-use' }
        : { standing: wishing('removed'), event: 'removed' };
  }
}

/**
 * Asked for once more, a drain stays as it is but for what is said anew: somebody who only waits for it does not undo a
 * reason or a deadline. A deadline that has passed binds nobody who asks again.
 */
function decideDrain(
  standing: Standing,
  { deadline }: { readonly deadline?: string },
  { said, live }: { readonly said: Said; readonly live: number },
): Settled {
  const before = standing.wish === 'draining' ? standing : undefined;
  const kept = before?.drain?.deadline;
  const isKept = kept !== undefined && Date.parse(kept) > Date.parse(said.at);
  const until = deadline ?? (isKept ? kept : undefined);
  const drainedAt = live === 0 ? (standing.drain?.drainedAt ?? said.at) : undefined;
  if (before !== undefined && said.reason === undefined && until === kept) return { standing };
  const { at = said.at, reason } = before?.wished ?? {};
  const wished = { ...(reason !== undefined && { reason }), ...said, at };
  const drain = { ...(until && { deadline: until }), ...(drainedAt && { drainedAt }) };
  return { standing: { ...standing, wish: 'draining', wished, drain }, event: 'draining' };
}

/** Enrolled anew: whether it answers stays what the last verdict says, and one that was removed begins again. Pure. */
export function decideEnrolment(known: Standing | undefined): { readonly standing: Standing } {
  return { standing: known === undefined || known.wish === 'removed' ? NEW_STANDING : known };
}

/**
 * What a verdict makes of a node; the caller leaves out those that are older than the last. One that answers again is
 * returning until it is clean. Pure.
 */
export function decideVerdict(
  standing: Standing,
  { reachable, isClean, ...verdict }: Said & { readonly reachable: boolean; readonly isClean: boolean },
): Settled {
  if (standing.wish === 'removed' || standing.reachable === reachable) return { standing };
  const { returning: _, ...rest } = standing;
  const judged = { ...rest, reachable, verdict };
  if (!reachable) return { standing: judged, event: 'unreachable' };
  if (isClean) return { standing: judged, event: 'reachable' };
  return { standing: { ...judged, returning: verdict.at }, event: 'returning' };
}

/** What was replaced before its return at `since`, or before an earlier one, is removed there. Pure. */
export function decideCleaned(standing: Standing, since: string): Settled {
  const { returning, ...rest } = standing;
  const isOther = returning === undefined || Date.parse(since) < Date.parse(returning);
  if (standing.wish === 'removed' || isOther) return { standing };
  return { standing: rest, event: 'reachable' };
}

/** Whether a drain is done, by how many instances live there now. A late start undoes it. Pure. */
export function decideDrained(standing: Standing, live: number, at: string): Settled {
  const { drainedAt, ...drain } = standing.drain ?? {};
  if (standing.wish !== 'draining' || (live === 0) === (drainedAt !== undefined)) return { standing };
  if (live > 0) return { standing: { ...standing, drain } };
  return { standing: { ...standing, drain: { ...drain, drainedAt: at } }, event: 'drained' };
}
