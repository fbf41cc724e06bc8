import type { LimitAnswer } from '#libs/contracts';
import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { knownLimits, type KnownLimits } from '../../structures/domain/units.js';

interface Known {
  readonly host: string;
  /** Of the container: another one of the same name has limits of its own. */
  readonly container?: string;
  readonly limits: KnownLimits;
  /** Milliseconds since the epoch: when an agent answered; absent where seconds told it alone. */
  readonly answeredAt?: number;
  /** What seconds told when they were last believed, or last doubted. */
  readonly told?: string;
}

/** So long after an answer a second may still tell the limits of before. */
const SETTLED_MS = 2_000;

/**
 * The limits that kernels really apply, as agents read them back. An answer to a request says it exactly. Seconds tell it
 * every ten seconds, maybe from before an answer: where they differ from what is known, the agent is asked anew.
 */
export class AppliedLimits {
  private readonly known = new Map<string, Known>();
  private readonly doubted = new Map<string, Set<string>>();

  of(container: string): KnownLimits | undefined {
    return this.known.get(container)?.limits;
  }

  seen({ node, observedAt, instances }: ObservedNode): void {
    const at = Date.parse(observedAt);
    for (const one of instances.values()) this.told(node, one, at);
    for (const [name, { host, container }] of this.known)
      if (host === node && container !== undefined && !instances.has(name)) this.known.delete(name);
    const doubted = this.doubted.get(node);
    for (const name of doubted ?? []) if (!instances.has(name)) doubted?.delete(name);
  }

  answered({ node, at, changes }: LimitAnswer): void {
    for (const { instance, container, applied, refused = [] } of changes) {
      const name = instance ?? container ?? '';
      if (refused.some(({ code }) => code === 'GONE')) this.known.delete(name);
      if (applied === undefined) continue;
      const before = this.known.get(name);
      this.known.set(name, {
        ...{ host: node, limits: knownLimits(applied), answeredAt: Date.parse(at) },
        ...(before?.container !== undefined && { container: before.container }),
        ...(before?.told !== undefined && { told: before.told }),
      });
      this.doubted.get(node)?.delete(name);
    }
  }

  /** What agents are to be asked for, once: those that nobody has told yet, and those of which seconds tell something else. */
  takeDoubts(host: string): readonly string[] {
    const names = [...(this.doubted.get(host) ?? [])];
    this.doubted.delete(host);
    return names;
  }

  /** What came of a request is not known: they are asked for anew. */
  doubtAll(host: string, containers: readonly string[]): void {
    for (const container of containers) this.doubt(host, container);
  }

  /** Another replica knows them from now on. */
  forget(host: string): void {
    this.doubted.delete(host);
    for (const [name, known] of this.known) if (known.host === host) this.known.delete(name);
  }

  private told(host: string, { instance, identity, details }: ObservedInstance, at: number): void {
    const before = this.known.get(instance);
    const isSame = before?.container === identity.container || before?.container === undefined;
    const limits = details && toldLimits(details.limits);
    if (before === undefined || !isSame) {
      // An answer is exact, also of what seconds do not tell; until one comes, this is what is known.
      this.doubt(host, instance);
      if (limits !== undefined) this.know(host, instance, identity.container, limits);
      else this.known.delete(instance);
      return;
    }
    if (limits === undefined) return;
    const told = JSON.stringify(limits);
    const { answeredAt = -Infinity } = before;
    if (told === before.told || at < answeredAt + SETTLED_MS) return;
    const differs = Object.entries(limits).some(
      ([name, value]) => value !== before.limits[name as keyof KnownLimits],
    );
    if (differs) this.doubt(host, instance);
    this.known.set(instance, { ...before, container: identity.container, told });
  }

  private know(host: string, instance: string, container: string, limits: KnownLimits): void {
    this.known.set(instance, { host, container, limits, told: JSON.stringify(limits) });
  }

  private doubt(host: string, instance: string): void {
    const doubted = this.doubted.get(host);
    if (doubted === undefined) this.doubted.set(host, new Set([instance]));
    else doubted.add(instance);
  }
}

/** In a second, what is absent is no limit; of disks and networks it may also be that the kernel does not say. */
function toldLimits(limits: NonNullable<ObservedInstance['details']>['limits']): KnownLimits {
  return knownLimits({ ...limits, cpus: limits.cpus ?? null, memoryBytes: limits.memoryBytes ?? null });
}
