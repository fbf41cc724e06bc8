import type { SideWrite, StepWrites } from '../../task/domain/step-writes.js';
import { isRecordAway, toTaskError } from '../../task/domain/task-error.js';
import type { EffectOf } from '../../task/domain/task.effects.js';
import { stopsFirst, type TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { inPhase, phaseOf } from '../../task/phase.js';
import { drainOf } from '../domain/drain.js';
import { whyStopped } from '../domain/why-stopped.js';
import { type InstanceEffectPorts, NO_GRACE, reportAgain, type ReportedState } from '../instance.js';
import type { KnownInstance } from '../ports.js';

/** Its node does not answer, or its engine not to an end. */
const GIVEN_UP: ReadonlySet<string> = new Set(['NODE_UNREACHABLE', 'STOP_TIMEOUT']);

/**
 * Stops and removes an instance once it has drained. What stands in for it serves already, so a node that does not
 * answer does not fail the task. Where nothing does, the others are stopped all the same, and the task fails after that.
 */
export const stopInstance: EffectFile<'stop-instance', InstanceEffectPorts> = {
  async run(ports, { signal }, state, { instance, until }) {
    const { instances, engines, clock, limits } = ports;
    await drained(ports, signal, state, { instance, until });
    const all = await instances.of(state.appId, state.service);
    const known = all.find(({ name }) => name === instance.name);
    const policy = known?.stop ?? NO_GRACE;
    const reason = whyStopped(state, instance.name);
    const { idleMs, ...phase } = phaseOf('stop-instance', limits, signal);
    const reports = (reported: ReportedState): readonly SideWrite[] => reportOn(known, reported, clock.now());
    try {
      const { ms } = await inPhase({ ...phase, idleMs: idleMs + policy.graceMs }, () =>
        engines.stopAndRemove(instance.node, instance.container, policy),
      );
      return {
        events: [{ type: 'InstanceStopped', data: { instance, phase: 'stop', ms } }],
        sides: [{ kind: 'remove-instance', name: instance.name }, ...reports({ state: 'stopped', reason })],
      };
    } catch (error) {
      return notStopped(state, instance, error, reports);
    }
  },
};

/**
 * Waits until whoever carries traffic has let go of it. Where nobody does, clients look up addresses themselves, and
 * nothing tells when they have: so it is given the time that its config.json or the operator asks for, and none otherwise.
 */
async function drained(
  { traffic, clock, wait, drainMs }: InstanceEffectPorts,
  signal: AbortSignal,
  state: TaskState,
  { instance, until }: Pick<EffectOf<'stop-instance'>, 'instance' | 'until'>,
): Promise<void> {
  const leftMs = (): number => Date.parse(until) - clock.now().getTime();
  if (leftMs() <= 0) return;
  const carriers = await traffic.untilDrained(instance.name, leftMs(), signal);
  const { isDeclared } = drainOf(state, instance.name, drainMs);
  if (carriers === 0 && isDeclared && leftMs() > 0) await wait(leftMs(), signal);
}

const reportOn = (
  known: KnownInstance | undefined,
  reported: ReportedState,
  now: Date,
): readonly SideWrite[] =>
  known === undefined ? [] : [{ kind: 'report', report: reportAgain(known, reported, now) }];

function notStopped(
  state: TaskState,
  instance: EffectOf<'stop-instance'>['instance'],
  error: unknown,
  reports: (reported: ReportedState) => readonly SideWrite[],
): StepWrites {
  if (isRecordAway(error)) throw error;
  const { mode } = state;
  const why = toTaskError('stop-instance', error);
  const isFirst = state.slots.some(
    (slot) => slot.replaces?.name === instance.name && stopsFirst(state, slot),
  );
  const runs: readonly SideWrite[] = [
    { kind: 'set-instance-state', name: instance.name, state: 'running' },
    ...reports({ state: 'running', reason: `It could not be stopped: ${why.message}` }),
  ];
  // It counts as running again: of a stop, the reconciler sees that it should not; what makes room is not lost.
  if (mode === 'stop' || state.scale?.makesRoomFor !== undefined)
    return {
      events: [{ type: 'InstanceNotStopped', data: { instance, error: why } }],
      sides: runs,
    };
  // It may write into the volumes still: another one beside it would spoil them.
  if (isFirst)
    return { events: [{ type: 'StepFailed', data: { step: 'stop-instance', error: why } }], sides: runs };
  if (!GIVEN_UP.has(why.code)) throw error;
  return {
    events: [{ type: 'InstanceStopped', data: { instance, phase: 'stop', ms: 0, abandoned: why } }],
    sides: [
      { kind: 'set-instance-state', name: instance.name, state: 'abandoned' },
      ...reports({ state: 'failed', reason: why.message }),
    ],
  };
}
