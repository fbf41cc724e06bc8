import type { NodeAnswer, NodeWaiting, ServiceConfig } from '#libs/contracts';
import type { SlotProgress, TaskState } from '../../task/domain/task.state.js';

/** What comes this shortly before the deadline is too late to start an instance, and early enough for the reply. */
const TOO_LATE_MS = 2_000;
/** What Slipway does by itself does not keep the turn of its service for longer. */
const OWN_WAIT_MS = 60_000;

export interface RoomWait {
  readonly now: Date;
  /** Milliseconds, where config.json does not say. */
  readonly placeWaitMs?: number;
  /** By when the instance has to run; RFC 3339. */
  readonly deadlineAt: string;
}

/**
 * Until when a node request may wait for room, RFC 3339; undefined: it is answered at once. Repairs do not wait: they
 * are asked for again by themselves, and the turn of the service that a wait holds is left to its users. What others make
 * room for waits for a minute at most, because that takes a while. An instance that failed at another place does not wait
 * either: its failure is told at once if no other node takes it. Pure.
 */
export function waitUntil(
  { scale }: Pick<TaskState, 'scale'>,
  slot: Pick<SlotProgress, 'failedPlaces'> | undefined,
  { placement }: Pick<ServiceConfig, 'placement'>,
  { now, placeWaitMs = 0, deadlineAt }: RoomWait,
): string | undefined {
  const isOwn = scale?.repairs !== undefined || scale?.restore === true;
  if (isOwn && (placement?.preempt !== true || scale?.moves === true)) return undefined;
  if ((slot?.failedPlaces ?? []).length > 0) return undefined;
  const waitMs = placement?.waitMs ?? placeWaitMs;
  const wished = now.getTime() + (isOwn ? Math.min(waitMs, OWN_WAIT_MS) : waitMs);
  const until = Math.min(wished, Date.parse(deadlineAt) - TOO_LATE_MS);
  return until > now.getTime() ? new Date(until).toISOString() : undefined;
}

/** The rules alone, as node requests carry them; undefined where there are none. Pure. */
export function rulesOf({ placement = {} }: Pick<ServiceConfig, 'placement'>) {
  const { waitMs: _wait, rebalance: _moves, preempt: _preempt, ...rules } = placement;
  return Object.keys(rules).length === 0 ? undefined : rules;
}

/** For whoever follows the request. Pure. */
export const waitNote = ({ until, missing }: Pick<NodeWaiting, 'until' | 'missing'>): string =>
  `waits for room until ${until}: ${missing.length === 0 ? 'no node is enrolled' : missing.join('; ')}`;

/** `It waited 60 s for room.`, or why it could not wait, for what fails after that. Pure. */
export function waitedNote(
  { waitedSince, lineIsFull }: Pick<NodeAnswer, 'waitedSince' | 'lineIsFull'>,
  now: Date,
): string | undefined {
  if (lineIsFull === true)
    return 'It could not wait for room: as many instances wait as LOAD_BALANCER_MOST_WAITING allows.';
  if (waitedSince === undefined) return undefined;
  const seconds = Math.max(1, Math.round((now.getTime() - Date.parse(waitedSince)) / 1_000));
  return `It waited ${seconds} s for room.`;
}
