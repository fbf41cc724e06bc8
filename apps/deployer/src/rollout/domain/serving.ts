import type { InstanceAddress } from '#libs/contracts';
import { isStopped, serves, type TaskState } from '../../task/domain/task.state.js';

interface Serving {
  readonly release?: string;
  readonly instances: InstanceAddress[];
}

/** What serves now that the task has ended: what ran before and was not stopped, and what was started and stays. */
export function servingOf(state: TaskState): Serving {
  const before = (state.survey ?? []).filter(
    (instance) =>
      instance.alive && !isStopped(state, instance) && state.notStopped[instance.name] === undefined,
  );
  const started = state.slots.filter((slot) => serves(state, slot));
  const canary = (state.plan?.spec ?? state.spec)?.canary?.release;
  // Those of the canary serve beside what is said to serve.
  const main = before.find((instance) => instance.release.id !== canary) ?? before[0];
  const release = started[0]?.release ?? (started.length > 0 ? state.release : main?.release);
  return {
    release: release?.id,
    instances: [...before.map(({ address }) => address), ...started.flatMap(({ address }) => address ?? [])],
  };
}
