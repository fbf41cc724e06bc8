import type { ScalingPolicy, ServiceConfig } from '#libs/contracts';
import type { Canary } from './canary.js';
import { isSameValue, textOf } from './same-value.js';
import { countWithin, limitsWithin, ownsCount } from './scaling-bounds.js';

/** What is wanted of a service: one value each, with what config.json last declared where it declares the value. */
export interface ServiceSpec {
  /** Rises by one with every change of a value; one that asks for what is wanted already raises nothing. */
  readonly revision: number;
  readonly state: 'running' | 'stopped';
  /** Id of the release; none after a first deployment that failed. */
  readonly release?: string;
  /** Instances. */
  readonly count: number;
  readonly declaredCount: number;
  /** Cores and MiB of one instance. */
  readonly limits: Limits;
  readonly declaredLimits: Limits;
  /** A release that is tried beside it; never that one itself. */
  readonly canary?: Canary;
  /** How it scales; none of a service that does not. */
  readonly scaling?: ScalingPolicy;
  readonly declaredScaling?: ScalingPolicy;
  /** The last change of each field. */
  readonly changes: Changes;
}

/** Of what did not count in older versions, there is none until it is changed. */
type Changes = Readonly<Record<SpecField, FieldChange>> & { readonly [F in LaterField]?: FieldChange };

export type Limits = ServiceConfig['resources'];
type SpecField = 'state' | 'release' | 'count' | 'limits';
type LaterField = 'canary' | 'scaling';

export interface FieldChange {
  /** Place of the task in the order in which tasks arrived. */
  readonly arrival: number;
  /** RFC 3339. */
  readonly at: string;
  /**
   * The mode of the task, such as `scale`, `canary`, or `autoscale` of a scaling by an autoscaler. `run failed` and
   * `run cancelled`: a change that was taken back. `adopted`: the spec was made from what ran.
   */
  readonly by: string;
  readonly token: string;
}

/** What one task asks of the spec. A field that is left out stays as it is. */
export interface SpecChange {
  readonly state?: ServiceSpec['state'];
  readonly release?: string;
  /** The release is the current one, not named: a build that arrived before still supersedes it. */
  readonly takesCurrent?: boolean;
  /** Sets the count whatever config.json declares. */
  readonly count?: number;
  /** Null ends it: a deployment, a rollback and a stop do. */
  readonly canary?: Canary | null;
  /** What config.json of the release says. Counts only where it differs from what was declared last. */
  readonly declares?: Declared;
}

export interface Declared {
  readonly count: number;
  readonly limits: Limits;
  readonly scaling?: ScalingPolicy;
}

export const sameLimits = (a: Limits, b: Limits): boolean => a.cpu === b.cpu && a.memoryMiB === b.memoryMiB;

/** A value that config.json declares: taken when the declaration has changed since the last one (a three-way merge). */
export function merged<T>(
  before: T,
  declaredBefore: T,
  declares: T | undefined,
  same: (a: T, b: T) => boolean,
): T {
  return declares === undefined || same(declares, declaredBefore) ? before : declares;
}

/**
 * The spec after a change. Each field is a last-writer-wins register by arrival: a task that runs later than one that
 * arrived after it does not undo that one's change. With a policy of the count, what config.json declares as count does not count, and a
 * change of the policy brings the count within its bounds. Pure.
 */
export function changeSpec(before: ServiceSpec, change: SpecChange, by: FieldChange): ServiceSpec {
  const may = (field: SpecField | LaterField): boolean =>
    by.arrival >= (before.changes[field]?.arrival ?? by.arrival);
  const { declares } = change;
  const scaling = may('scaling') ? scalingAfter(before, declares) : before.scaling;
  const isOther = !isSameValue(scaling, before.scaling);
  const declaredCount = ownsCount(scaling) ? undefined : declares?.count;
  const count = change.count ?? merged(before.count, before.declaredCount, declaredCount, (a, b) => a === b);
  const limits = merged(before.limits, before.declaredLimits, declares?.limits, sameLimits);
  const wanted = {
    state: change.state ?? before.state,
    release: change.release ?? before.release,
    ...{ count, limits },
  };
  const asked: Readonly<Record<SpecField, boolean>> = {
    state: change.state !== undefined,
    release: change.release !== undefined && change.takesCurrent !== true,
    count: change.count !== undefined || count !== before.count,
    limits: !sameLimits(limits, before.limits),
  };
  const taken = <F extends SpecField>(field: F) => (may(field) ? wanted[field] : before[field]);
  const stamp = (field: SpecField): FieldChange => (asked[field] && may(field) ? by : before.changes[field]);
  const { canary, change: canaryChange } = changedCanary(before, change, by);
  const takenCount = taken('count') ?? before.count;
  return following(before, {
    state: taken('state') ?? before.state,
    release: taken('release'),
    count: isOther ? countWithin(scaling, takenCount, by.at) : takenCount,
    limits: limitsWithin(scaling, may('limits') ? limits : before.limits),
    declaredCount: declares?.count ?? before.declaredCount,
    declaredLimits: declares?.limits ?? before.declaredLimits,
    // Of the wanted release it is none.
    ...(canary !== undefined && canary.release !== taken('release') && { canary }),
    scaling,
    declaredScaling: declares === undefined ? before.declaredScaling : declares.scaling,
    changes: {
      ...{ state: stamp('state'), release: stamp('release') },
      ...{ count: stamp('count'), limits: stamp('limits') },
      ...(canaryChange !== undefined && { canary: canaryChange }),
      scaling: isOther ? by : before.changes.scaling,
    },
  });
}

/**
 * What ends it says so by its state, too: so a canary that arrived before a deployment, and comes after it, is none. The
 * place of that need not be kept here.
 */
function changedCanary(
  { canary, changes }: ServiceSpec,
  change: SpecChange,
  by: FieldChange,
): { readonly canary?: Canary; readonly change?: FieldChange } {
  const last = Math.max(changes.canary?.arrival ?? 0, change.canary ? changes.state.arrival : 0);
  const before = { canary, change: changes.canary };
  if (change.canary === undefined || by.arrival < last) return before;
  const isNoticed = change.state === undefined || canary !== undefined;
  return { canary: change.canary ?? undefined, change: isNoticed ? by : changes.canary };
}

/** A policy is declared as a whole, and leaving it out declares that there is none. */
function scalingAfter(
  { scaling, declaredScaling }: ServiceSpec,
  declares: Declared | undefined,
): ScalingPolicy | undefined {
  return declares === undefined || isSameValue(declares.scaling, declaredScaling)
    ? scaling
    : declares.scaling;
}

/** The spec with its revision, which rises where another value is wanted than before. */
export const following = (before: ServiceSpec, after: Omit<ServiceSpec, 'revision'>): ServiceSpec => ({
  ...after,
  revision: before.revision + (valuesOf(before) === valuesOf(after) ? 0 : 1),
});

/** The first spec of a service. */
export function firstSpec(change: SpecChange, declared: Declared, by: FieldChange): ServiceSpec {
  const { state = 'running', release } = change;
  const { scaling } = declared;
  const count = countWithin(scaling, change.count ?? declared.count, by.at);
  return {
    revision: 1,
    ...{ state, release, count, declaredCount: declared.count },
    ...{ limits: declared.limits, declaredLimits: declared.limits },
    ...(scaling !== undefined && { scaling, declaredScaling: scaling }),
    changes: {
      ...{ state: by, release: by, count: by, limits: by },
      ...(scaling !== undefined && { scaling: by }),
    },
  };
}

/**
 * Whether there is anything to store. A change that asks for the value that is wanted already counts: a task that arrived
 * before it and ends later must not undo it.
 */
export function differs(before: ServiceSpec | undefined, after: ServiceSpec): boolean {
  if (before === undefined) return true;
  return valuesOf(before) !== valuesOf(after) || changesOf(before) !== changesOf(after);
}

const FIELDS = ['state', 'release', 'count', 'limits', 'scaling', 'canary'] as const satisfies readonly (
  SpecField | LaterField
)[];

// Field by field: a spec that was stored has its members in another order.

const valuesOf = ({ state, release, count, declaredCount, ...spec }: Omit<ServiceSpec, 'revision'>): string =>
  JSON.stringify([
    ...[state, release, count, declaredCount],
    ...[spec.canary?.release, spec.canary?.percent, spec.canary?.count],
    ...[spec.limits, spec.declaredLimits].flatMap(({ cpu, memoryMiB }) => [cpu, memoryMiB]),
    ...[spec.scaling, spec.declaredScaling].map(textOf),
  ]);

const changesOf = ({ changes }: ServiceSpec): string =>
  JSON.stringify(FIELDS.map((field) => [changes[field]?.arrival, changes[field]?.token]));

/** What made a revision, by the changes of its token; undefined where it changed what config.json declares alone. */
export function causeOf({ token, spec }: RevisionOf): string | undefined {
  const own = FIELDS.flatMap((field) => spec.changes[field] ?? []).filter((change) => change.token === token);
  return (own.find(({ by }) => by.includes(' ')) ?? own[0])?.by;
}

type Cause = Pick<FieldChange, 'by' | 'token'>;

interface RevisionOf {
  readonly token: string;
  readonly spec: {
    readonly changes: { readonly [F in SpecField | LaterField]?: Cause };
  };
}

/** How many instances of the release should run now, without those of the canary. */
export const wantedCount = ({ state, count }: ServiceSpec): number => (state === 'running' ? count : 0);
