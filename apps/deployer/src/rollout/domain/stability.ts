import type { ServiceConfig } from '#libs/contracts';
import type { TaskState } from '../../task/domain/task.state.js';

/** Whether a process was seen to accept a connection that was made. */
export type Acceptance = 'seen' | 'unseen';

/**
 * Of a port whose connections are perhaps accepted by nobody. A server that forks opens its port before its workers
 * load the application. With 0.25 CPU gunicorn gave up 0.5 to 1.8 s later (Flask, Django), and 3.3 to 4.5 s later where
 * the application imports pandas first.
 */
const UNSEEN_STABLE_MS = 5_000;

/**
 * Requests may wait for the first instance, of a release that was healthy before: it gets them as soon as it answers. Only a
 * window of the service's own, and that of a port whose connections are perhaps accepted by nobody, is waited for.
 */
export const servesAtOnce = ({
  mode,
  scale,
  survey,
}: Pick<TaskState, 'mode' | 'scale' | 'survey'>): boolean =>
  mode === 'scale' && scale?.repairs === undefined && survey?.length === 0;

/** How long an instance must stay well, and up, before it counts as healthy. */
export function stabilityMs(
  { health }: Pick<ServiceConfig, 'health'>,
  { acceptance }: { readonly acceptance?: Acceptance },
  defaultMs: number,
): number {
  return health?.stableMs ?? (acceptance === 'unseen' ? Math.max(defaultMs, UNSEEN_STABLE_MS) : defaultMs);
}
