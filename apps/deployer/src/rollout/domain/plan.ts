import { canaryCount, type Change, type TaskError } from '#libs/contracts';
import type {
  InstanceRef,
  MakesRoomFor,
  RunningInstance,
  Slot,
  TaskEventOf,
} from '../../task/domain/task.events.js';
import { provesRelease } from '../../services/domain/scaling-notes.js';
import { countProblem, specNotes, specOfTask, type TaskSpec } from '../../services/domain/task-spec.js';
import { canaryProblem } from '../../services/domain/canary-task.js';
import { wantedCount } from '../../services/domain/spec.js';
import { canaryPlan, sidesOf, startedOn } from './canary-plan.js';
import { routeNotes } from '../../routes/domain/route-notes.js';
import { madeRoom, nameOf } from './made-room.js';
import { volumesProblem } from './volumes.js';
import { buildNeeds, runNeeds, secretsProblem } from '../../secrets/domain/secrets.js';
import { releaseConfig, repairedBy, type TaskState } from '../../task/domain/task.state.js';

type PlanMade = TaskEventOf<'PlanMade'>['data'];

const refOf = ({ name, node, container }: InstanceRef): InstanceRef => ({ name, node, container });

const slots = (count: number, replaced: readonly InstanceRef[] = []): readonly Slot[] =>
  Array.from({ length: Math.max(0, count) }, (_, ordinal) => {
    const replaces = replaced[ordinal];
    return replaces === undefined ? { ordinal } : { ordinal, replaces: refOf(replaces) };
  });

/**
 * What has to be started, replaced and stopped so that the service is as the task wants it, and what is wanted from now
 * on. Pure; throws when the survey is not there yet.
 * @param at now, RFC 3339
 */
export function makePlan(state: TaskState, at: string): PlanMade {
  const { survey } = state;
  if (survey === undefined) throw new Error('a plan is made of what runs');
  const spec = specOfTask(state, at);
  const plan = changesTo(state, survey, spec);
  return {
    ...plan,
    notes: [...specNotes(state, spec), ...routeNotes(state), ...plan.notes],
    spec: spec.changed && state.dryRun !== true ? spec.after : undefined,
  };
}

function changesTo(state: TaskState, survey: readonly RunningInstance[], spec: TaskSpec): PlanMade {
  if (spec.superseded) return { slots: [], surplus: [], kept: aliveNames(survey), notes: [] };
  switch (state.mode) {
    case 'stop':
      return { slots: [], surplus: survey.map(refOf), kept: [], notes: [] };
    case 'scale':
      return scalePlan(state, survey, spec);
    default:
      return rolloutPlan(state, survey, spec);
  }
}

const aliveNames = (survey: readonly RunningInstance[]): readonly string[] =>
  survey.filter(({ alive }) => alive).map(({ name }) => name);

/**
 * Why there can be no plan: the request or the service names what is not there. Undefined when there can. Pure.
 * @param at now, RFC 3339
 */
export function planProblem(state: TaskState, at: string): TaskError | undefined {
  return (
    unknownInstance(state) ??
    moveProblem(state) ??
    canaryProblem(state) ??
    countProblem(state, at) ??
    volumesProblem(state) ??
    missingSecrets(state, at)
  );
}

/** Of what is to be built or started. Surveys of before there were secrets do not say which there are. */
function missingSecrets(state: TaskState, at: string): TaskError | undefined {
  const config = releaseConfig(state);
  const { secrets: known, release, canary } = state;
  if (config === undefined || known === undefined) return undefined;
  const forBuild = release === undefined ? buildNeeds(config) : [];
  const [forRun, forCanary] = [runNeeds(config), canary === undefined ? [] : runNeeds(canary.config)];
  const { slots: started } = forRun.length + forCanary.length > 0 ? makePlan(state, at) : { slots: [] };
  const starts = (isCanary: boolean): boolean => started.some((slot) => (slot.canary === true) === isCanary);
  return secretsProblem(
    state,
    [...(starts(false) ? forRun : []), ...(starts(true) ? forCanary : []), ...forBuild],
    known,
  );
}

function unknownInstance({ appId, service, scale, survey }: TaskState): TaskError | undefined {
  const wanted = scale?.instance ?? (scale?.toNode === undefined ? undefined : scale.repairs);
  if (wanted === undefined || survey?.some(({ name }) => name === wanted) === true) return undefined;
  return {
    code: 'INSTANCE_NOT_FOUND',
    message: `${appId}/${service} has no instance ${wanted}.`,
    hint: `List the instances: slipway status ${appId}`,
  };
}

/** Why an instance may not be moved to balance the load, whoever asks. */
function moveProblem({ scale, survey = [] }: TaskState): TaskError | undefined {
  if (scale?.toNode === undefined) return undefined;
  const config = survey.find(({ name }) => name === scale.repairs)?.release.config;
  const hint = 'It stays where it is; nothing has to be done.';
  if (config?.volumes !== undefined)
    return { code: 'MOVE_REFUSED', message: 'Its volumes lie on its node, so it is not moved.', hint };
  if (config?.placement?.rebalance === false)
    return { code: 'MOVE_REFUSED', message: 'placement.rebalance of its config.json is false.', hint };
  return undefined;
}

/**
 * As many instances of the release as are wanted: what runs it stays, what runs another is replaced. Where none is wanted
 * while no request comes, one is started all the same, which proves the release.
 */
function rolloutPlan(state: TaskState, survey: readonly RunningInstance[], { after }: TaskSpec): PlanMade {
  const wanted = after === undefined ? (releaseConfig(state)?.replicas ?? 1) : wantedCount(after);
  const stays = ({ alive, release }: RunningInstance): boolean =>
    alive && state.restart !== true && release.id === state.release?.id;
  const kept = survey.filter(stays).slice(0, wanted);
  const others = survey.filter((instance) => !kept.includes(instance));
  const replaceable = others.filter(({ alive }) => alive);
  const proves = after !== undefined && provesRelease(after);
  const started: readonly Slot[] = proves
    ? [{ ordinal: 0, proves }]
    : slots(wanted - kept.length, replaceable);
  const replaced = new Set(started.map(({ replaces }) => replaces?.name));
  return {
    slots: started,
    surplus: others.filter(({ name }) => !replaced.has(name)).map(refOf),
    kept: kept.map(({ name }) => name),
    notes: [
      ...currentNotes(state, replaceable),
      ...(replaced.size > 0 && replaceable.length > 0 ? replacementNotes(state) : []),
    ],
  };
}

/** After a build, or a deployment that failed, a `run` that names no release starts another than serves. */
function currentNotes(state: TaskState, replaceable: readonly RunningInstance[]): readonly string[] {
  const { mode, appId, service, wantedRelease, release, spec } = state;
  if (mode !== 'run' || wantedRelease !== undefined || release === undefined) return [];
  const serving = replaceable.find((instance) => instance.release.id !== release.id)?.release.id;
  const before = serving ?? spec?.release;
  if (before === undefined || before === release.id) return [];
  return [
    `run takes the release that was built or asked for last, ${release.id}, since none is named; ` +
      `${before} ${serving === undefined ? 'was wanted until now' : 'serves now'}. ` +
      `To stay with that: slipway run ${appId} ${service} --release ${before}`,
  ];
}

function replacementNotes(state: TaskState): readonly string[] {
  const config = releaseConfig(state);
  if (config?.volumes !== undefined)
    return [
      'It has volumes, which one instance uses at a time: the old one is stopped before the new one starts, so the service is away until that is healthy.',
    ];
  if (config !== undefined && config.port === undefined)
    return ['It is a worker: a new instance works beside the old one until that is stopped.'];
  return config?.health === undefined
    ? ['config.json names no health path: a new instance takes traffic as soon as its port is open.']
    : [];
}

/**
 * Another for each that does not run any more, or for the one that is to leave its node; nothing where it does run and
 * may stay, or where enough run or it was stopped meanwhile.
 */
function repairPlan(state: TaskState, survey: readonly RunningInstance[], { after }: TaskSpec): PlanMade {
  const { repairs, moves, yields, makesRoomFor } = state.scale ?? {};
  const names = repairedBy(state);
  if (makesRoomFor !== undefined) return evictionPlan(state, survey, makesRoomFor);
  if (yields === true)
    return yieldPlan(survey, repairs, after === undefined ? 0 : wantedCount(after) + canaryCount(after));
  const gone = survey.filter(({ name, alive }) => names.includes(name) && (moves === true || !alive));
  const others = survey.filter((instance) => !gone.includes(instance));
  // Each side by itself: what stands in for an instance of the canary runs its release.
  const started = sidesOf(state, after).flatMap((side) => {
    const [lost, left] = [gone.filter(side.has), aliveNames(others.filter(side.has)).length];
    const missing = side.wanted === undefined ? lost.length : side.wanted - left;
    return startedOn(side, slots(Math.min(lost.length, missing), lost));
  });
  const replaced = new Set(started.map(({ replaces }) => replaces?.name));
  return {
    slots: started.map((slot, ordinal) => ({ ...slot, ordinal })),
    surplus: gone.filter(({ name }) => !replaced.has(name)).map(refOf),
    kept: others.map(({ name }) => name),
    notes: [],
  };
}

/** It is stopped, and nothing stands in for it, unless more would be missing then than may be. */
function yieldPlan(survey: readonly RunningInstance[], name: string | undefined, wanted: number): PlanMade {
  const leaving = survey.find((instance) => instance.name === name && instance.alive);
  const others = survey.filter((instance) => instance !== leaving);
  const missing = wanted - aliveNames(others).length;
  const most = leaving?.release.config.maxUnavailable ?? 0;
  if (leaving === undefined || missing > most)
    return { slots: [], surplus: [], kept: survey.map((instance) => instance.name), notes: [] };
  return {
    slots: [],
    surplus: [refOf(leaving)],
    kept: others.map((instance) => instance.name),
    notes: [
      `${leaving.node} is drained, and ${leaving.name} can run nowhere else: it is stopped, since maxUnavailable of config.json lets ${most} be missing. It is started again once a node takes it.`,
    ],
  };
}

/**
 * It is stopped, and nothing stands in for it: as many are wanted as before, so it is started again once there is room.
 * Where the other one has its place by now, or was cancelled, everything stays. So does what has volumes.
 */
function evictionPlan(
  { scale, roomAwaited }: TaskState,
  survey: readonly RunningInstance[],
  preemptor: MakesRoomFor,
): PlanMade {
  const victim = survey.find(({ name }) => name === scale?.repairs);
  const stays = whyItStays(victim, roomAwaited === true, preemptor);
  const stopped = victim === undefined || stays !== undefined ? [] : [victim];
  return {
    slots: [],
    surplus: stopped.map(refOf),
    kept: aliveNames(survey.filter((instance) => !stopped.includes(instance))),
    notes: [stays ?? `${madeRoom(victim?.name ?? '', preemptor)} It is started again once there is room.`],
  };
}

function whyItStays(
  victim: RunningInstance | undefined,
  isAwaited: boolean,
  preemptor: MakesRoomFor,
): string | undefined {
  if (victim === undefined) return 'The instance that was to make room is gone already.';
  if (!isAwaited) return `${victim.name} stays: ${nameOf(preemptor)} needs its room no more.`;
  if (victim.release.config.volumes === undefined) return undefined;
  return `${victim.name} stays: what has volumes makes no room for others.`;
}

/** More or fewer of what runs, of either side. Dead instances count for nothing and are removed. */
function scalePlan(state: TaskState, survey: readonly RunningInstance[], spec: TaskSpec): PlanMade {
  const { scale = {} } = state;
  if (scale.repairs !== undefined) return repairPlan(state, survey, spec);
  if (scale.canary !== undefined) return canaryPlan(state, survey, spec.after);
  const { after } = spec;
  const named = survey.find(({ name }) => name === scale.instance);
  const counted = sidesOf(state, after).map((side) => {
    const alive = survey.filter((instance) => side.has(instance) && instance.alive && instance !== named);
    const wanted = side.wanted ?? alive.length;
    // What runs neither of the wanted releases goes first.
    const isRight = ({ release }: RunningInstance): boolean => release.id === (side.release ?? release.id);
    const order = [...leastMissed(alive.filter(isRight)), ...alive.filter((one) => !isRight(one))];
    return { leaving: order.slice(wanted), started: startedOn(side, slots(wanted - alive.length)) };
  });
  const leaving = [...counted.flatMap((side) => side.leaving), ...(named === undefined ? [] : [named])];
  const gone = new Set([...survey.filter((instance) => !instance.alive), ...leaving]);
  return {
    slots: counted.flatMap(({ started }) => started).map((slot, ordinal) => ({ ...slot, ordinal })),
    surplus: [...gone].map(refOf),
    kept: survey.filter((instance) => !gone.has(instance)).map(({ name }) => name),
    notes: after?.state === 'stopped' ? [stoppedNote(state, after.count)] : [],
  };
}

const stoppedNote = ({ appId, service }: TaskState, count: number): string =>
  `${appId}/${service} is stopped, so nothing is started now; the next slipway run ${appId} ${service} starts ${count}.`;

/** The last are missed least: those on the node with the most of the service, and of these the youngest. */
function leastMissed(instances: readonly RunningInstance[]): readonly RunningInstance[] {
  const left = [...instances].sort((a, b) => a.address.startedAt.localeCompare(b.address.startedAt));
  const order: RunningInstance[] = [];
  while (left.length > 0) {
    const count = (node: string): number => left.filter((other) => other.node === node).length;
    const most = Math.max(...left.map(({ node }) => count(node)));
    const next = left.findLast(({ node }) => count(node) === most) as RunningInstance;
    left.splice(left.indexOf(next), 1);
    order.unshift(next);
  }
  return order;
}

/** The plan in the words of a reply; empty when there is nothing to do. */
export function changesOf(state: TaskState): readonly Change[] {
  const builds = state.mode === 'build' || state.mode === 'build-and-run';
  const build: Change[] = builds && state.release === undefined ? [{ action: 'build' }] : [];
  const starts = state.slots.map(({ replaces }): Change =>
    replaces === undefined
      ? { action: 'start' }
      : { action: 'replace', instance: replaces.name, node: replaces.node },
  );
  const stops = (state.plan?.surplus ?? []).map(({ name, node }): Change => ({
    action: 'stop',
    instance: name,
    node,
  }));
  return [...build, ...starts, ...stops];
}
