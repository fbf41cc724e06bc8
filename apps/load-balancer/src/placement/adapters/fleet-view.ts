import { together, type Transaction } from '#libs/postgres';
import { readNodeChanges, readNodes, readRevision, type RegistryNode } from '#libs/registry-client';
import { candidatesOf } from '../domain/candidates.js';
import { Fleet } from '../domain/fleet.js';
import type { Place, Policy, Taken } from '../domain/place.js';
import {
  changedNodes,
  latestChange,
  type NodesAsked,
  nodeVersions,
  portsOfNodes,
  reservedOnNodes,
} from './fleet-rows.js';
import { NodeFigures } from './node-figures.js';

/** All is read anew this often: notes that were committed late are missed until then, and promises expire in silence. */
const RENEW_MS = 10_000;

/** Figures are good for half a minute; to look at all of them costs as much as a decision. */
const EXPIRE_MS = 1_000;

export interface FleetViewOptions {
  readonly policy: Policy;
  /** How many times the CPU of a node may be reserved where measured use leaves room; left out: once. */
  readonly overcommit?: number;
  /** By the database's clock. */
  readonly now: () => Date;
}

/** What an instance takes of a node: counted in memory first, then written. */
export interface Claim {
  readonly node: string;
  taken: Taken;
  /** When its reservation was sent to the database, by the number of the statement; not yet. */
  sentAt: number;
}

/**
 * The nodes and what is reserved on them, in the memory of one replica. It may be out of date, and may count what was
 * then rolled back: so a place is only taken if the node has the version that is known here.
 */
export class FleetView {
  readonly fleet: Fleet;
  readonly figures: NodeFigures;
  private readonly nodes = new Map<string, RegistryNode>();
  private readonly versions = new Map<string, number>();
  private change = 0;
  private revision = 0;
  private renewedAt = Number.NEGATIVE_INFINITY;
  private expiredAt = Number.NEGATIVE_INFINITY;
  /** Of the placing that is under way: what is read of their nodes lacks those that were not sent before. */
  private readonly claims = new Set<Claim>();
  private sent = 0;

  constructor(private readonly options: FleetViewOptions) {
    this.fleet = new Fleet(options.policy);
    this.figures = new NodeFigures({
      now: options.now,
      onChange: (node, measured) => this.fleet.measure(node, measured),
    });
  }

  versionOf(node: string): number {
    return this.versions.get(node) ?? 0;
  }

  /** No check is made. */
  take(node: string, taken: Taken): Claim {
    const claim = { node, taken, sentAt: Number.POSITIVE_INFINITY };
    this.claims.add(claim);
    this.fleet.take(node, taken);
    return claim;
  }

  giveBack(claim: Claim): void {
    if (this.claims.delete(claim)) this.fleet.undoTake(claim.node, claim.taken);
  }

  /** To be called as its reservation is sent. */
  isSent(claim: Claim): void {
    claim.sentAt = this.sent += 1;
  }

  /**
   * The placing has ended: what was not reserved is not taken. Where it failed, neither is what was reserved, and nothing
   * known is relied on.
   */
  settle({ hasFailed }: { readonly hasFailed: boolean }): void {
    for (const claim of this.claims) if (claim.sentAt === Number.POSITIVE_INFINITY) this.giveBack(claim);
    this.claims.clear();
    if (hasFailed) this.renewedAt = Number.NEGATIVE_INFINITY;
  }

  /** Reads what has changed. */
  async refresh(tx: Transaction): Promise<void> {
    this.expireFigures();
    if (performance.now() - this.renewedAt > RENEW_MS) return this.renew(tx);
    const { change, revision } = this;
    const [changed, figures, nodes] = await together(
      changedNodes(tx, change),
      this.read(tx, { since: change }),
      readNodeChanges(tx, revision),
    );
    for (const { name, node } of nodes) {
      if (node === undefined) this.forget(name);
      else this.nodes.set(name, node);
    }
    const left = nodes.flatMap(({ name, node }) => (node === undefined ? [] : [name]));
    const unread = left.filter((name) => !changed.names.includes(name));
    this.apply(changed.names, figures);
    if (unread.length > 0) this.apply(unread, await this.read(tx, { names: unread }));
    this.change = Math.max(this.change, changed.latest);
    this.revision = nodes.reduce((most, { revision: of }) => Math.max(most, of), this.revision);
  }

  /** Reads all. */
  async renew(tx: Transaction): Promise<void> {
    const [change, revision, nodes, figures] = await together(
      latestChange(tx),
      readRevision(tx),
      readNodes(tx),
      this.read(tx, 'all'),
    );
    const names = nodes.map(({ name }) => name);
    const there = new Set(names);
    for (const name of this.nodes.keys()) if (!there.has(name)) this.forget(name);
    for (const node of nodes) this.nodes.set(node.name, node);
    this.apply(names, figures);
    this.change = Math.max(this.change, change);
    this.revision = Math.max(this.revision, revision);
    this.renewedAt = performance.now();
  }

  /** Reads these nodes. */
  async renewNodes(tx: Transaction, names: readonly string[]): Promise<void> {
    this.apply(names, await this.read(tx, { names }));
  }

  private async read(tx: Transaction, asked: NodesAsked) {
    const sentAt = (this.sent += 1);
    const [versions, reserved, ports] = await together(
      nodeVersions(tx, asked),
      reservedOnNodes(tx, asked),
      portsOfNodes(tx, asked),
    );
    return { versions, reserved, ports, sentAt };
  }

  private apply(
    names: readonly string[],
    { versions, reserved, ports, sentAt }: Awaited<ReturnType<FleetView['read']>>,
  ): void {
    const wanted = new Set(names);
    const nodes = names.flatMap((name) => this.nodes.get(name) ?? []);
    const of = reserved.filter(({ node }) => wanted.has(node));
    const there = new Set<string>();
    for (const candidate of candidatesOf(nodes, of, ports, {
      measured: (name) => this.figures.of(name),
      overcommit: this.options.overcommit,
    })) {
      there.add(candidate.name);
      this.fleet.set(candidate);
    }
    for (const claim of this.claims)
      if (claim.sentAt > sentAt && wanted.has(claim.node)) this.takeAgain(claim);
    for (const name of names) if (!there.has(name)) this.fleet.remove(name);
    for (const name of names) this.versions.delete(name);
    for (const { node, version } of versions) if (wanted.has(node)) this.versions.set(node, version);
  }

  private expireFigures(): void {
    if (performance.now() - this.expiredAt < EXPIRE_MS) return;
    this.expiredAt = performance.now();
    this.figures.expire();
  }

  private takeAgain(claim: Claim): void {
    const { port, ...rest } = claim.taken;
    // Its port has become another's: whoever gives the claim back must leave that one alone.
    if (port !== undefined && this.fleet.get(claim.node)?.takenPorts.has(port)) claim.taken = rest;
    this.fleet.take(claim.node, claim.taken);
  }

  private forget(name: string): void {
    this.nodes.delete(name);
    this.versions.delete(name);
    this.fleet.remove(name);
  }
}

/** What a reservation takes of its node. */
export const takenOf = (service: string, resources: { cpu: number; memoryMiB: number }, { port }: Place) => ({
  ...resources,
  service,
  ...(port !== undefined && { port }),
});
