import {
  type InstanceReport,
  nodeAccessAnswered,
  type NodeAccessRequest,
  nodeAnswered,
  type NodeAnswer,
  type NodeRelease,
  type NodeRequest,
  nodeWaiting,
} from '#libs/contracts';
import { type Outbox, type OutboxMessage, together, type Transaction } from '#libs/postgres';
import type { RegistryInstance } from '#libs/registry-client';
import { outgoing } from '#libs/runtime';
import { currentTraceparent, type Tracing, withinTrace } from '#libs/telemetry';
import type { DecidedAnswer, KeepExplanations } from '../explanations/ports.js';
import type { AskedAbout, FleetSnapshot, OfService } from '../plans/ports.js';
import { PostgresEvictions } from './adapters/evictions.js';
import { FleetView, type FleetViewOptions } from './adapters/fleet-view.js';
import { askedLast, heldOnNodes, heldPlaces } from './adapters/held-places.js';
import type { NodeFigures } from './adapters/node-figures.js';
import { joined } from './adapters/joined.js';
import { knownOfServices } from './adapters/known-of-services.js';
import { NotTogetherError, PlacingBatch, type PlacingMode } from './adapters/placing-batch.js';
import { PostgresPlacing } from './adapters/postgres-placing.js';
import { follow } from './adapters/reservations.js';
import { release } from './adapters/releases.js';
import { currentHold, PostgresLine } from './adapters/waiting-rows.js';
import { type LoginKeys, SealedLogins } from './adapters/sealed-logins.js';
import { serviceKey } from './domain/place.js';
import { answerNodeRequest } from './answer-node-request.js';
import type { HeldOnNode } from './domain/asked.js';
import type { Evictable } from './domain/preemption.js';
import type { Answers } from './ports.js';
import { type Served, serveLine } from './serve-line.js';

interface PlacementParts extends LoginKeys, FleetViewOptions {
  readonly outbox: Outbox;
  readonly tracing: Tracing;
  readonly keepExplanations: KeepExplanations;
  /** How many requests may wait for room; 0: none. */
  readonly mostWaiting: number;
  /** See `mayHold`. */
  readonly holdAfterMs: number;
  /** Left out: nothing is ever stopped for those that wait. Called with what is. */
  readonly onEvicted?: (victims: readonly Evictable[]) => void;
}

/** A request that is answered at the end of its transaction, in the trace in which it came. */
interface NotedRequest {
  readonly request: NodeRequest;
  readonly traceparent: string | undefined;
}

/** What the messages of a transaction ask for. */
interface Noted {
  readonly requests: NotedRequest[];
  readonly released: NodeRelease[];
}

interface Sent {
  readonly message: OutboxMessage;
  readonly decided?: DecidedAnswer;
}

type RequestPorts = Parameters<typeof answerNodeRequest>[0];

const keyOf = ({ appId, service, image }: OfService): string => `${serviceKey(appId, service)} ${image}`;

/** Placement on Postgres: all that a message changes is written in the message's own transaction. */
export class Placement {
  private readonly logins: SealedLogins;
  private readonly view: FleetView;
  private readonly noted = new WeakMap<Transaction, Noted>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: PlacementParts) {
    this.logins = new SealedLogins(parts);
    this.view = new FleetView(parts);
  }

  /** What agents measure: placing reads it from the messages that are handed to it. */
  get figures(): Pick<NodeFigures, 'take'> {
    return this.view.figures;
  }

  /** Undefined where the request waits for room. */
  async answer(tx: Transaction, request: NodeRequest): Promise<NodeAnswer | undefined> {
    const noted = { requests: [{ request, traceparent: currentTraceparent() }], released: [] };
    return (await this.inTurn(() => this.settleTogether(tx, noted)))[0];
  }

  /** `settle` answers it, with all others that are noted for the transaction. */
  note(tx: Transaction, request: NodeRequest): void {
    const { requests, released } = this.notedFor(tx);
    if (released.some(({ accessToken }) => accessToken === request.accessToken))
      throw new NotTogetherError('the request comes after the release of its place');
    requests.push({ request, traceparent: currentTraceparent() });
  }

  /** `settle` releases it, after the requests. Also ends a wait for room. */
  noteRelease(tx: Transaction, released: NodeRelease): void {
    this.notedFor(tx).released.push(released);
  }

  /**
   * Does what was noted for the transaction. It comes last, just before the commit. Where several messages would have to
   * wait for a lock, it throws NotTogetherError or Postgres' lock_not_available: then the transaction has to be rolled
   * back, and each message handled in one of its own.
   */
  async settle(tx: Transaction): Promise<void> {
    const noted = this.noted.get(tx);
    this.noted.delete(tx);
    if (noted !== undefined) await this.inTurn(() => this.settleTogether(tx, noted));
  }

  /** A node that is enrolled no more, or whose login cannot be opened, has no answer. */
  async access(tx: Transaction, { node: name }: NodeAccessRequest): Promise<void> {
    const node = await this.batch(tx, 'one').accessTo(name);
    if (node !== undefined) await this.parts.outbox.add(tx, [outgoing(nodeAccessAnswered, node)]);
  }

  /** One step along the line of requests that wait for room. */
  serveLine(tx: Transaction, isRenewed: boolean): Promise<Served> {
    const { holdAfterMs, outbox, now, onEvicted } = this.parts;
    const placing = new PostgresPlacing(this.batch(tx, 'line'));
    const evictions = onEvicted && new PostgresEvictions(tx, { outbox, now, onEvicted });
    const ports = { placing, answers: this.answers(tx), line: new PostgresLine(tx), holdAfterMs, evictions };
    return this.inTurn(() => serveLine(ports, isRenewed));
  }

  follow(tx: Transaction, report: InstanceReport): Promise<void> {
    return follow(tx, report);
  }

  /** The fleet as it is now, as a copy, with what holds places on a node, and all that a decision knows beside it. */
  snapshot(tx: Transaction, { node, service }: AskedAbout): Promise<FleetSnapshot> {
    return this.inTurn(async () => {
      await this.view.refresh(tx);
      const held = node === undefined ? [] : await heldPlaces(tx, node);
      const last = service && (await askedLast(tx, service));
      const services: OfService[] = held.map(({ appId, service: name, asked }) => ({
        ...{ appId, service: name, image: asked?.image },
      }));
      if (service !== undefined) services.push({ ...service, image: last?.image });
      const known = await knownOfServices(tx, services);
      const hold = await currentHold(tx);
      const byKey = new Map(services.map((of, at) => [keyOf(of), known[at]!]));
      return {
        ...{ fleet: this.view.fleet.copy(), held },
        ...(last !== undefined && { askedLast: last }),
        ...(hold !== undefined && { hold }),
        known: (of) => byKey.get(keyOf(of)) ?? {},
      };
    });
  }

  /** An agent has said something of a node since this replica began. */
  get isWatched(): boolean {
    return this.view.figures.knowsAny;
  }

  /** What holds places on these nodes, for a caller that has read all live instances. */
  heldOn(
    tx: Transaction,
    nodes: readonly string[],
    instances: readonly RegistryInstance[],
  ): Promise<readonly HeldOnNode[]> {
    return heldOnNodes(tx, nodes, instances);
  }

  private notedFor(tx: Transaction): Noted {
    const noted = this.noted.get(tx) ?? { requests: [], released: [] };
    this.noted.set(tx, noted);
    return noted;
  }

  /** What a replica has in memory is used by one transaction at a time. Nothing waits for its turn holding locks. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(async () => {
      let hasFailed = true;
      try {
        const result = await work();
        hasFailed = false;
        return result;
      } finally {
        this.view.settle({ hasFailed });
      }
    });
    this.last = done.catch(() => undefined);
    return done;
  }

  private async settleTogether(
    tx: Transaction,
    { requests, released }: Noted,
  ): Promise<readonly (NodeAnswer | undefined)[]> {
    const mode = requests.length + released.length === 1 ? 'one' : 'several';
    const answered = await this.answerAll(tx, requests, mode);
    if (released.length > 0) await release(tx, released, mode);
    return answered;
  }

  private answerAll(
    tx: Transaction,
    requests: readonly NotedRequest[],
    mode: PlacingMode,
  ): Promise<readonly (NodeAnswer | undefined)[]> {
    const line = this.batch(tx, mode);
    const answers = this.answers(tx);
    const ofToken = new Map<string, Promise<unknown>>();
    const all = requests.map(({ request, traceparent }) => {
      const ports = { placing: new PostgresPlacing(line), answers, line, now: this.parts.now };
      const before = ofToken.get(request.accessToken) ?? Promise.resolve();
      const answered = before.then(() => withinTrace(traceparent, () => this.traced(request, ports)));
      ofToken.set(request.accessToken, answered);
      return answered;
    });
    return together(...all);
  }

  private traced(request: NodeRequest, ports: RequestPorts): Promise<NodeAnswer | undefined> {
    const attributes = { 'slipway.app': request.appId, 'slipway.service': request.service };
    return this.parts.tracing.withSpan({ name: 'place', attributes }, async (span) => {
      const answer = await answerNodeRequest(ports, request);
      const node = answer?.node;
      span.set({
        'slipway.outcome': answer === undefined ? 'waits' : node === undefined ? 'refused' : 'placed',
        'slipway.node': node?.name,
        'slipway.score': node?.score,
      });
      return answer;
    });
  }

  /** They leave with the reservations they tell of; those of a transaction all at once. */
  private answers(tx: Transaction): Answers {
    const { outbox, policy, keepExplanations } = this.parts;
    const send = joined(async (sent: readonly Sent[]) => {
      const decided = sent.flatMap((one) => one.decided ?? []);
      await together(
        outbox.add(
          tx,
          sent.map(({ message }) => message),
        ),
        ...(decided.length > 0 ? [keepExplanations(tx, decided)] : []),
      );
      return sent;
    });
    return {
      send: async (answer, request, explanation) => {
        const decided = explanation && { request, answer, policy, explanation };
        await send({ message: outgoing(nodeAnswered, answer), decided });
      },
      sendWaiting: async (waiting) => void (await send({ message: outgoing(nodeWaiting, waiting) })),
    };
  }

  private batch(tx: Transaction, mode: PlacingMode): PlacingBatch {
    const { logins, view } = this;
    return new PlacingBatch({ tx, logins, view, mode, mostWaiting: this.parts.mostWaiting });
  }
}
