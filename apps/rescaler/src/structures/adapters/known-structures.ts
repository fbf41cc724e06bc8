import type { LimitsSaid, StructureSaid, VerticalScaling } from '#libs/contracts';
import type { Listener, Pool } from '#libs/postgres';
import { RegistryFeed, type RegistryChange, type RegistrySnapshot } from '#libs/registry-client';
import type { CoreOrder } from '../../pinning/domain/core-orders.js';
import type { Owner, SubscribedContainer, WantedStructures } from '../../rescaling/ports.js';
import { sharesOf } from '../domain/structure.js';
import { type WantedLimits, wantedLimitsOf } from '../domain/wanted.js';
import type { SaidStructures } from '../ports.js';

interface KnownStructuresParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  readonly said: SaidStructures;
  readonly onError: (error: unknown) => void;
}

interface Sizes {
  readonly cpu: number;
  readonly memory: number;
}

/** What the registry says of services and nodes, with what people said in place of it. */
export class KnownStructures implements WantedStructures {
  private readonly verticals = new Map<string, VerticalScaling>();
  private readonly sizes = new Map<string, Sizes>();
  private readonly feed: RegistryFeed;

  constructor(private readonly parts: KnownStructuresParts) {
    const { pool, listener, onError } = parts;
    this.feed = new RegistryFeed({
      ...{ pool, listener, onError, filter: { isLive: true } },
      onSnapshot: (snapshot) => this.replace(snapshot),
      onChanges: (changes) => changes.forEach((change) => this.change(change)),
    });
  }

  start(): Promise<void> {
    return this.feed.start();
  }

  stop(): Promise<void> {
    return this.feed.stop();
  }

  limitsOf(owner: Owner): WantedLimits | undefined {
    const name = nameOf(owner);
    return wantedLimitsOf(this.verticals.get(name), this.parts.said.of<LimitsSaid>('service', name));
  }

  verticalOf(owner: Owner): VerticalScaling | undefined {
    return this.verticals.get(nameOf(owner));
  }

  subscribedOn(host: string): readonly SubscribedContainer[] {
    return this.parts.said.all<StructureSaid['container']>('container').flatMap(([, said]) => {
      const { host: itsHost, container, application, ...limits } = said;
      const wanted = itsHost === host ? wantedLimitsOf(undefined, limits) : undefined;
      return wanted === undefined ? [] : [{ id: container, ...(application && { application }), wanted }];
    });
  }

  pinningOf(host: string): CoreOrder | undefined {
    return this.parts.said.of<StructureSaid['host']>('host', host)?.pinning ?? undefined;
  }

  sizesOf(host: string): Sizes | undefined {
    return this.sizes.get(host);
  }

  private replace({ services, nodes }: RegistrySnapshot): void {
    this.verticals.clear();
    this.sizes.clear();
    for (const service of services) this.keepService(nameOf(service), service.scaling);
    for (const node of nodes) this.keepNode(node.name, node);
  }

  private change(change: RegistryChange): void {
    if (change.kind === 'service') this.keepService(change.name, change.service?.scaling);
    if (change.kind === 'node') this.keepNode(change.name, change.node);
  }

  private keepService(
    name: string,
    scaling: { readonly vertical?: VerticalScaling } | null | undefined,
  ): void {
    if (scaling?.vertical === undefined) this.verticals.delete(name);
    else this.verticals.set(name, scaling.vertical);
  }

  private keepNode(
    name: string,
    node: { readonly allocatableCpus: number; readonly allocatableMemoryBytes: number } | undefined,
  ): void {
    if (node === undefined) this.sizes.delete(name);
    else
      this.sizes.set(name, {
        ...{ cpu: sharesOf(node.allocatableCpus), memory: node.allocatableMemoryBytes },
      });
  }
}

const nameOf = ({ appId, service }: Owner): string => `${appId}/${service}`;
