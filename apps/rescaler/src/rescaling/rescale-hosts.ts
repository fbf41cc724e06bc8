import type { LimitAnswer } from '#libs/contracts';
import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { type Hold, isDue, isWritten, withHold } from '../decisions/domain/hold.js';
import type { Guard, GuardSettings, GuardState, Sample } from '../guardian/domain/guardian.js';
import { coreMapOf } from '../pinning/pinned-host.js';
import type { PlanHost } from '../scaler/domain/planned.js';
import type { AppliedLimits } from '../snapshoter/domain/applied-limits.js';
import { type Boundaries, containerOf, hostOf } from '../structures/domain/built.js';
import type { CoreMap, LimitedResource } from '../structures/domain/structure.js';
import type { LimitPlan } from '../structures/domain/wish.js';
import { changesOf, type Explained, lookAtHost, type LookedAt } from './domain/look.js';
import type { KnownHost, Owner } from './domain/known-host.js';
import { sampleOf, withSample } from './domain/sample.js';
import type { AskedChange, HeldDecision, OtherWishes, RescalingRecord, WantedStructures } from './ports.js';

export interface RescalingSettingsNow {
  readonly guard: GuardSettings;
  readonly boundaries: Boundaries;
  readonly mayGuard: boolean;
  readonly mayPlan: boolean;
}

interface RescaleHostsParts {
  readonly structures: WantedStructures;
  readonly applied: AppliedLimits;
  readonly record: RescalingRecord;
  readonly others: OtherWishes;
  readonly rules: { readonly guard: Guard; readonly planHost: PlanHost };
  /** Of the lease; undefined where this replica does not hold it. */
  fenceOf(host: string): number | undefined;
  settings(): RescalingSettingsNow;
  /** Milliseconds since the epoch, as the database says. */
  now(): number;
  newRequest(): string;
  onAsked(changes: readonly AskedChange[]): void;
  /** Nothing was decided for a host; the others are. */
  onFailed(host: string, error: unknown): void;
}

interface ContainerMemory {
  readonly owner?: Owner;
  readonly engineId: string;
  samples: readonly Sample[];
  guard: GuardState;
}

interface HostMemory {
  readonly containers: Map<string, ContainerMemory>;
  readonly inFlight: Map<string, { readonly plan: LimitPlan; readonly since: number }>;
  /** By container and resource, then by reason. */
  readonly holds: Map<string, ReadonlyMap<string, Hold>>;
  readonly explained: Map<string, Explained>;
  known?: KnownHost;
  cores?: CoreMap;
  /** CPUs of the host, as it was seen last. */
  cpus?: number;
  readAt: number;
  isBusy: boolean;
}

/** A second that is older was caught up: it fills windows, and nothing is decided by it. */
const OLD_MS = 5_000;
/** An agent applies a request no more after 30 s; what came of one that it never answered is read then. */
const UNANSWERED_MS = 33_000;
/** Limits that nobody has told are asked for so often. */
const READ_MS = 5_000;
const NO_STATE: GuardState = { events: [] };

/**
 * Decides for each host of this replica, with each second of it. It changes nothing itself: what it decides is a request to
 * the agent of the host. A host, a container or a figure that is missing stops nothing else.
 */
export class RescaleHosts {
  private readonly hosts = new Map<string, HostMemory>();

  constructor(private readonly parts: RescaleHostsParts) {}

  observed(second: ObservedNode): void {
    const { applied, now, onFailed } = this.parts;
    applied.seen(second);
    const memory = this.memoryOf(second.node);
    const at = Date.parse(second.observedAt);
    memory.cpus = second.sizes?.cpus ?? memory.cpus;
    for (const [name] of memory.containers)
      if (!second.instances.has(name)) this.forgetContainer(memory, name);
    for (const one of second.instances.values()) this.remember(memory, one, at);
    const fence = this.parts.fenceOf(second.node);
    if (fence === undefined || memory.isBusy || at < now() - OLD_MS) return;
    memory.isBusy = true;
    this.look(second.node, memory, fence)
      .catch((error: unknown) => onFailed(second.node, error))
      .finally(() => (memory.isBusy = false));
  }

  async answered(answer: LimitAnswer): Promise<void> {
    const memory = this.hosts.get(answer.node);
    if (memory === undefined) return;
    this.parts.applied.answered(answer);
    if (memory.inFlight.delete(answer.request)) await this.parts.record.answered(answer);
  }

  /** Another replica decides for it from now on. */
  forget(host: string): void {
    this.hosts.delete(host);
    this.parts.applied.forget(host);
    this.parts.others.forget(host);
  }

  /** The hosts that this replica decides for. */
  known(): readonly KnownHost[] {
    return [...this.hosts].flatMap(([host, { known }]) =>
      known !== undefined && this.parts.fenceOf(host) !== undefined ? [known] : [],
    );
  }

  /** Keeps why limits stay; to be called every few seconds. */
  async writeHolds(): Promise<void> {
    const now = this.parts.now();
    const due: HeldDecision[] = [];
    for (const [host, memory] of this.hosts) {
      const fence = this.parts.fenceOf(host);
      if (fence === undefined) continue;
      for (const [key, holds] of memory.holds) {
        const container = key.slice(0, key.lastIndexOf(' '));
        const owner = memory.containers.get(container)?.owner;
        for (const hold of holds.values())
          if (isDue(hold, now)) due.push({ host, fence, container, hold, ...(owner && { owner }) });
      }
    }
    if (due.length === 0) return;
    await this.parts.record.holds(due);
    for (const { host, container, hold } of due) {
      const memory = this.hosts.get(host);
      const key = keyOf(container, hold.because.resource);
      const holds = memory?.holds.get(key);
      const present = holds?.get(hold.because.constraint);
      if (holds !== undefined && present?.since === hold.since)
        memory?.holds.set(
          key,
          new Map([...holds, [hold.because.constraint, { ...present, writtenAt: hold.until }]]),
        );
    }
  }

  private memoryOf(host: string): HostMemory {
    const known = this.hosts.get(host);
    if (known !== undefined) return known;
    const memory: HostMemory = {
      ...{ containers: new Map(), inFlight: new Map(), holds: new Map(), explained: new Map() },
      ...{ readAt: -Infinity, isBusy: false },
    };
    this.hosts.set(host, memory);
    return memory;
  }

  private remember(memory: HostMemory, one: ObservedInstance, at: number): void {
    const { container, appId, service } = one.identity;
    const before = memory.containers.get(one.instance);
    const known: ContainerMemory =
      before?.engineId === container
        ? before
        : { owner: { appId, service }, engineId: container, samples: [], guard: NO_STATE };
    const sample = sampleOf(one, at);
    if (sample !== undefined) known.samples = withSample(known.samples, sample);
    memory.containers.set(one.instance, known);
  }

  private forgetContainer(memory: HostMemory, name: string): void {
    memory.containers.delete(name);
    for (const key of [...memory.holds.keys()]) if (key.startsWith(`${name} `)) memory.holds.delete(key);
    for (const key of [...memory.explained.keys()])
      if (key.startsWith(`${name} `)) memory.explained.delete(key);
  }

  private async look(host: string, memory: HostMemory, fence: number): Promise<void> {
    const { structures, rules, settings, others, now: clock } = this.parts;
    const now = clock();
    const { guard, boundaries, mayGuard, mayPlan } = settings();
    this.dropUnanswered(host, memory, now);
    const looked = this.lookedAt(host, memory, boundaries);
    const sizes = structures.sizesOf(host);
    await this.readLimits(host, memory, fence, now);
    if (sizes === undefined) return;
    const cores = coreMapOf({
      ...{ order: structures.pinningOf(host), known: memory.cores, cpus: memory.cpus },
      containers: looked.map(({ container }) => container),
    });
    const structure = { ...hostOf({ name: host, ...sizes }), ...(cores && { cores }) };
    memory.known = {
      ...{ structure, containers: looked.map(({ container }) => container), fence },
      explained: [...memory.explained.values()],
      owners: new Map([...memory.containers].flatMap(([id, { owner }]) => (owner ? [[id, owner]] : []))),
      wanted: new Set(looked.filter(({ isWanted }) => isWanted).map(({ container }) => container.id)),
      throttled: new Map(
        looked.flatMap(({ container, samples }) => {
          const throttled = samples.at(-1)?.throttled;
          return throttled === undefined ? [] : [[container.id, throttled] as const];
        }),
      ),
    };
    const inFlight = [...memory.inFlight.values()].map(({ plan }) => plan);
    const wishes = others.wishes(host, memory.known.containers, now);
    const input = { host: structure, containers: looked, inFlight, settings: guard, wishes, now };
    const result = lookAtHost({ ...input, mayGuard, mayPlan }, rules);
    for (const [name, state] of result.states) {
      const known = memory.containers.get(name);
      if (known !== undefined) known.guard = state;
    }
    others.settle(host, result.explained);
    memory.cores = result.cores ?? cores;
    this.explain(memory, result.explained, now);
    if (result.plan !== undefined) await this.ask(memory, fence, result.plan, result.explained, now);
  }

  private lookedAt(host: string, memory: HostMemory, boundaries: Boundaries): readonly LookedAt[] {
    const { structures, applied } = this.parts;
    const instances = [...memory.containers].flatMap(([id, { owner, samples, guard }]): LookedAt[] => {
      const limits = applied.of(id);
      if (limits === undefined || owner === undefined) return [];
      const wanted = structures.limitsOf(owner);
      const container = containerOf(
        { id, host, application: owner.appId, limits, usage: lastUsage(samples), ...(wanted && { wanted }) },
        boundaries,
      );
      return [{ container, isWanted: wanted !== undefined, at: wanted?.at ?? {}, samples, state: guard }];
    });
    const subscribed = structures
      .subscribedOn(host)
      .flatMap(({ id, application = '', wanted }): LookedAt[] => {
        const limits = applied.of(id);
        if (limits === undefined) return [];
        const container = containerOf({ id, host, application, limits, usage: {}, wanted }, boundaries);
        return [{ container, isWanted: true, at: wanted.at, samples: [], state: NO_STATE }];
      });
    return [...instances, ...subscribed];
  }

  /** Asks what the kernel applies, where nobody has told it, or where seconds tell something else than answers did. */
  private async readLimits(host: string, memory: HostMemory, fence: number, now: number): Promise<void> {
    const { structures, applied, record, newRequest } = this.parts;
    const isWanted = (id: string): boolean => {
      const owner = memory.containers.get(id)?.owner;
      return owner !== undefined && structures.limitsOf(owner) !== undefined;
    };
    const doubted = applied.takeDoubts(host).filter(isWanted);
    const subscribed = structures.subscribedOn(host).map(({ id }) => id);
    const isDueAgain = now - memory.readAt >= READ_MS;
    const unknown = isDueAgain
      ? [...[...memory.containers.keys()].filter(isWanted), ...subscribed].filter(
          (id) => applied.of(id) === undefined,
        )
      : [];
    const names = [...new Set([...doubted, ...unknown])];
    if (names.length === 0) return;
    memory.readAt = now;
    const changes = names.map((container) => ({
      ...{ container, limits: {}, because: [], isInstance: memory.containers.has(container) },
    }));
    await record.ask({ host, fence, request: newRequest(), at: now, changes });
  }

  private async ask(
    memory: HostMemory,
    fence: number,
    plan: LimitPlan,
    explained: readonly Explained[],
    now: number,
  ): Promise<void> {
    const { record, newRequest, onAsked } = this.parts;
    const request = newRequest();
    const changes = changesOf(plan, explained).map((change): AskedChange => {
      const known = memory.containers.get(change.container);
      return { ...change, isInstance: known !== undefined, ...(known?.owner && { owner: known.owner }) };
    });
    // Before it is asked: an answer may come before the transaction is known to have ended.
    memory.inFlight.set(request, { plan, since: now });
    const isAsked = await record
      .ask({ host: plan.host, fence, request, at: now, changes })
      .catch((error: unknown) => {
        // Whether it was stored is not known: what came of it is read.
        memory.readAt = -Infinity;
        throw error;
      });
    if (isAsked) onAsked(changes);
    else memory.inFlight.delete(request);
  }

  private explain(memory: HostMemory, explained: readonly Explained[], now: number): void {
    for (const one of explained) {
      const key = keyOf(one.container, one.because.resource);
      memory.explained.set(key, one);
      const holds = memory.holds.get(key) ?? new Map<string, Hold>();
      // After a change every reason begins anew.
      if (one.isPlanned) memory.holds.set(key, new Map([...holds].filter(([, hold]) => !isWritten(hold))));
      else memory.holds.set(key, withHold(holds, one.because, now));
    }
  }

  private dropUnanswered(host: string, memory: HostMemory, now: number): void {
    for (const [request, { plan, since }] of memory.inFlight) {
      if (now - since < UNANSWERED_MS) continue;
      memory.inFlight.delete(request);
      this.parts.applied.doubtAll(
        host,
        plan.changes.map(({ container }) => container),
      );
    }
  }
}

const keyOf = (container: string, resource: string): string => `${container} ${resource}`;

function lastUsage(samples: readonly Sample[]): Readonly<Partial<Record<LimitedResource, number>>> {
  const { energy: _energy, ...usage } = samples.at(-1)?.usage ?? {};
  return usage;
}
