import { randomUUID } from 'node:crypto';
import { moveRequested, type RebalancingMove } from '#libs/contracts';
import { transaction, type Transaction } from '#libs/postgres';
import type { RegistryInstance } from '#libs/registry-client';
import { outgoing, Recurring, type Runtime } from '#libs/runtime';
import type { HeldOnNode } from '../../placement/domain/asked.js';
import type { Fleet } from '../../placement/domain/fleet.js';
import type { Policy } from '../../placement/domain/model.js';
import { type Advice, adviceOf, type AdviceFacts, dueMoves, fullNodes, useOf } from '../domain/advice.js';
import type { BalancingMove } from '../domain/balance.js';
import type { RebalancingOptions } from '../ports.js';
import { readFacts } from './balance-facts.js';
import { Leadership } from './leadership.js';
import {
  addMoves,
  countMoves,
  endUnanswered,
  keepAdvice,
  lockMoves,
  MOVE_TOKENS,
  type StoredAdvice,
} from './moves-record.js';
import { ObservedUse } from './observed-use.js';

/** So many looks within the time that loads are means over: what is seen changes no faster. */
const LOOKS = 10;
/** So many moves are advised at most. */
const MOST_ADVISED = 20;
/** Until then a move has to be done. */
const DEADLINE_MS = 600_000;
/** The deployer answers by the deadline; beyond this it never will. */
const UNANSWERED_MS = 2 * DEADLINE_MS;

/** The nodes as placing knows them. */
export interface BalancedPlacement {
  snapshot(tx: Transaction, about: object): Promise<{ readonly fleet: Fleet }>;
  heldOn(
    tx: Transaction,
    nodes: readonly string[],
    instances: readonly RegistryInstance[],
  ): Promise<readonly HeldOnNode[]>;
  readonly isWatched: boolean;
}

interface RebalancerParts extends Pick<Runtime, 'pool' | 'sessions' | 'outbox' | 'kafka' | 'clock'> {
  readonly placement: BalancedPlacement;
  readonly policy: Policy;
  readonly options: RebalancingOptions;
  readonly schema: string;
  readonly logger: { warn(fields: object, message: string): void };
  /** Moves that nobody answered. */
  readonly onUnanswered: (moves: number) => void;
}

/**
 * Looks at the loads of the nodes now and then, on one replica at a time, and says which instances are to move. With the
 * mode `act` it has the deployer move them, within the limits. With `off` it does nothing and reads nothing.
 */
export class Rebalancer {
  private readonly leadership: Leadership;
  private readonly use: ObservedUse;
  private readonly looking: Recurring;
  private last: Advice | undefined;

  constructor(private readonly parts: RebalancerParts) {
    const { sessions, kafka, options, schema } = parts;
    this.leadership = new Leadership(sessions, `slipway.rebalancing.${schema}`);
    this.use = new ObservedUse(kafka, options.overMs);
    const everyMs = options.mode === 'off' ? 0 : Math.ceil(options.overMs / LOOKS);
    this.looking = new Recurring(everyMs, (signal) => this.tryToLook(signal));
  }

  /** What was advised last, where this replica looks at the fleet. */
  get advice(): Advice | undefined {
    return this.last;
  }

  start(): void {
    this.looking.start({ atOnce: true });
  }

  /** Resolves when what is under way has ended; another replica goes on. */
  async stop(): Promise<void> {
    await this.looking.stop();
    await Promise.all([this.use.stop(), this.leadership.end()]);
  }

  private async tryToLook(signal: AbortSignal): Promise<void> {
    try {
      if (!(await this.leadership.leads())) return await this.rest();
      await this.use.follow();
      if (!signal.aborted) await this.look();
    } catch (err) {
      this.parts.logger.warn({ err }, 'the balance of the nodes is looked at again');
      await this.rest().catch((error: unknown) =>
        this.parts.logger.warn({ err: error }, 'figures of the nodes are read no more'),
      );
    }
  }

  /** Seconds that are not read meanwhile are a gap. */
  private async rest(): Promise<void> {
    this.last = undefined;
    await this.use.stop();
  }

  private async look(): Promise<void> {
    const { pool, options, clock } = this.parts;
    const unanswered = await transaction(pool, (tx) => endUnanswered(tx, UNANSWERED_MS));
    if (unanswered > 0) this.parts.onUnanswered(unanswered);
    const { facts, names } = await transaction(pool, (tx) => this.facts(tx));
    const advice = adviceOf(facts, { ...options, most: MOST_ADVISED });
    this.last = advice;
    const shown = (move: BalancingMove): RebalancingMove => shownMove(move, names);
    await transaction(pool, async (tx) => {
      await keepAdvice(tx, clock.now(), storedAdvice(advice, shown));
      if (options.mode === 'act') await this.ask(tx, advice.moves, shown);
    });
  }

  private async facts(tx: Transaction): Promise<{ facts: AdviceFacts; names: ReadonlyMap<string, string> }> {
    const { placement, policy, options, clock } = this.parts;
    const { fleet } = await placement.snapshot(tx, {});
    const nowMs = clock.now().getTime();
    const figuresOf = (node: string) => this.use.of(node, nowMs);
    const use = useOf({
      fleet,
      policy,
      isWatched: placement.isWatched,
      hasListened: this.use.hasListened,
      figuresOf,
    });
    const read = await readFacts(tx, options);
    const full = use.kind === 'known' ? fullNodes(use.uses, options.above) : [];
    const held = await placement.heldOn(tx, full, read.instances);
    const names = new Map(read.instances.map(({ appId, appName }) => [appId, appName]));
    return { names, facts: { ...read, fleet, nowMs, figuresOf, use, held, quietMs: options.quietMs } };
  }

  private async ask(
    tx: Transaction,
    moves: readonly BalancingMove[],
    shown: (move: BalancingMove) => RebalancingMove,
  ): Promise<void> {
    const { outbox, options } = this.parts;
    await lockMoves(tx);
    const due = dueMoves(moves, await countMoves(tx), options);
    if (due.length === 0) return;
    const asked = due.map((move) => ({ token: `${MOVE_TOKENS}${randomUUID()}`, move: shown(move) }));
    await addMoves(tx, asked);
    await outbox.add(
      tx,
      asked.map(({ token, move: { appId, appName, service, instance, to: toNode, ...move } }) =>
        outgoing(moveRequested, {
          ...{ token, appId, appName, service, instance, toNode },
          ...{ reason: reasonOf({ ...move, to: toNode }), deadlineMs: DEADLINE_MS },
        }),
      ),
    );
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `node-1 93 % -> 71 % of CPU, node-3 20 % -> 42 %`. */
const reasonOf = ({ from, to, improves }: Pick<RebalancingMove, 'from' | 'to' | 'improves'>): string =>
  `${from} ${percent(improves.from.before)} -> ${percent(improves.from.after)} of CPU, ` +
  `${to} ${percent(improves.to.before)} -> ${percent(improves.to.after)}`;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

const storedAdvice = (
  { by, waits, fullest, emptiest, moves, staying }: Advice,
  shown: (move: BalancingMove) => RebalancingMove,
): StoredAdvice => ({
  ...{ by, waits, advised: moves.map(shown), staying: staying.map((of) => ({ ...of })) },
  fullest: fullest && { ...fullest, share: rounded(fullest.share) },
  emptiest: emptiest && { ...emptiest, share: rounded(emptiest.share) },
});

function shownMove(
  { seeker: { of }, from, to, cpu, improves }: BalancingMove,
  names: ReadonlyMap<string, string>,
): RebalancingMove {
  const { appId = '', service = '', instance = '' } = of;
  const change = ({ before, after }: { readonly before: number; readonly after: number }) => ({
    before: rounded(before),
    after: rounded(after),
  });
  return {
    ...{ appId, appName: names.get(appId) ?? appId, service, instance, from, to, cpu: rounded(cpu) },
    improves: { from: change(improves.from), to: change(improves.to) },
  };
}
