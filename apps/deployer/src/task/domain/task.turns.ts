import type { TaskEventOf } from './task.events.js';

type Accepted = TaskEventOf<'TaskAccepted'>['data'];
type OfService = Pick<Accepted, 'appId' | 'service'>;

/** Rollouts of one service have one turn: this key. App ids and names of services have no slash and no space. */
export const rolloutKey = ({ appId, service }: OfService): string => `${appId}/${service}`;

/** Builds of one service have another, so that they end in the order in which they were asked for. */
export const buildKey = (of: OfService): string => `build ${rolloutKey(of)}`;

/**
 * Whether a task stands in the line of builds first: it builds, or what it takes depends on the builds that were asked for
 * before it. The current release, or the last good one, is known when they have ended.
 */
export function followsBuilds({
  mode,
  wantedRelease,
  afterBuilds,
}: Pick<Accepted, 'mode' | 'wantedRelease' | 'afterBuilds'>): boolean {
  if (afterBuilds === true || mode === 'build' || mode === 'build-and-run') return true;
  return (mode === 'run' || mode === 'rollback') && wantedRelease === undefined;
}

/** What a task waits for first: the turn to build, or to roll out. What is only planned waits for nobody. */
export function firstKey(task: Accepted): string {
  if (task.dryRun === true) return `plan ${task.token}/${task.service}`;
  return followsBuilds(task) ? buildKey(task) : rolloutKey(task);
}
