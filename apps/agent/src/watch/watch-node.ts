import type { FleetView } from '../liveness/ports.js';
import { LivenessWatch } from '../liveness/watch-liveness.js';
import { REACH_LIMIT_MS, type Verdict } from '../liveness/domain/verdict.js';
import type { Containers } from './domain/containers.js';
import { type Figures, figuresBetween, type HostFigures } from './domain/figures.js';
import type { PortRange } from './domain/listening.js';
import type { Look } from './domain/look.js';
import { NO_SLOW_FACTS, secondOf, type SlowFacts, slowFactsOf } from './domain/second.js';
import { Turn } from './domain/pace.js';
import type { Topology } from './domain/topology.js';
import type { NodeAccess, NodeChannel, NodeStatus, NodeWay, Watchers } from './ports.js';
import { ContainerWatch } from './watch-containers.js';

export interface NodeWatchParts {
  readonly node: string;
  readonly fence: number;
  readonly access: NodeAccess;
  /** For instances. */
  readonly range: PortRange;
  readonly watchers: Watchers;
  readonly fleet: FleetView;
  readonly verdict: Verdict | undefined;
  /** Where a watch with the same fence ended before; 0 for the first. */
  readonly sequence: number;
  /** The share of seconds in which it is looked at now. */
  share(): number;
  /** A second that is left out, as this replica is behind. */
  onLeftOut(): void;
  /** The database's time. */
  now(): Date;
  onError(error: unknown, what: string): void;
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const SECOND_MS = 1_000;
/** A look that is not answered within it belongs to another second. */
const LATE_MS = 2_000;
/** What is answered later is thrown away, and says nothing of whether the node lives: cheaper questions do by then. */
const LOOK_LIMIT_MS = 5_000;
/** Every tenth look is a slow one; one that got no answer is asked for again at once. */
const SLOW_EVERY = 10;
/** Topology until it is known, and ports: a service may listen for ever, and placing only needs to know of those that do. */
const REST_EVERY = 60;
const AGAIN_MS = 1_000;

/** Watches one node for as long as this replica holds its lease: a look each second, its containers, whether it lives. */
export class NodeWatch {
  private readonly containers: ContainerWatch;
  private readonly liveness: LivenessWatch;
  private readonly ended = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly turn: Turn;
  private running: Containers = new Map();
  private channel: NodeChannel | undefined;
  private isOpening = false;
  private isLooking = false;
  private hasFailed = false;
  private isSlowDue = true;
  /** Answers of the engine that were counted as signs of life. */
  private engineAnswers = 0;
  /** The last look does not say that all of the node answers. */
  private isInDoubt = false;
  private counted: number;
  private last: Look | undefined;
  private lastSlow: Look | undefined;
  private slow: SlowFacts = NO_SLOW_FACTS;
  private topology: Topology | undefined;
  private listeningPorts: readonly number[] | undefined;
  private isRestDue = true;
  private readonly judged = Promise.withResolvers<void>();

  constructor(private readonly parts: NodeWatchParts) {
    const { access, verdict, now, onError, pause } = parts;
    this.counted = parts.sequence;
    this.turn = new Turn(creditOf(parts.node));
    this.containers = new ContainerWatch({
      ...{ engine: access.engine, pause },
      onChange: (containers) => this.watchThese(containers),
      onError: (error) => onError(error, 'the containers of a node cannot be followed'),
    });
    this.liveness = new LivenessWatch(
      { node: access, fleet: parts.fleet, now, onVerdict: (found) => this.onVerdict(found) },
      verdict,
    );
  }

  get way(): NodeWay {
    const { access } = this.parts;
    const isKnown = this.containers.isUp;
    return {
      access,
      isUnreachable: this.verdict?.state === 'unreachable',
      isKnown,
      running: () => this.running,
    };
  }

  get sequence(): number {
    return this.counted;
  }

  get verdict(): Verdict | undefined {
    return this.liveness.verdict;
  }

  /**
   * Resolves once the first try to open a channel has ended, its kernel has not answered, or there is a verdict.
   * @param phaseMs how long until the first second; nodes differ in it, so that not all are asked at once
   */
  start(phaseMs: number): Promise<void> {
    this.containers.start();
    const opened = this.open();
    const first = setTimeout(() => {
      this.tick();
      this.timers.push(setInterval(() => this.tick(), SECOND_MS));
    }, phaseMs);
    this.timers.push(first);
    return Promise.race([opened, this.silence(), this.judged.promise]);
  }

  /** Resolves where its kernel does not answer. */
  private silence(): Promise<void> {
    const { access } = this.parts;
    const reached = access.kernelAnswers ? access.reach(REACH_LIMIT_MS) : Promise.resolve();
    return reached.then(
      () => new Promise(() => undefined),
      () => undefined,
    );
  }

  stop(): void {
    this.ended.abort();
    this.timers.forEach((timer) => clearTimeout(timer));
    this.containers.stop();
    this.channel?.close();
    this.parts.access.close();
  }

  /** One second. What is not answered within it is a gap. */
  tick(): void {
    this.counted += 1;
    if (this.counted % SLOW_EVERY === 0) this.isSlowDue = true;
    if (this.counted % REST_EVERY === 0) this.isRestDue = true;
    this.parts.watchers.stateOf(this.status());
    // What is not asked says nothing of the node.
    if (!this.turn.isNext(this.parts.share())) return this.parts.onLeftOut();
    // One check a second at most, so that three that fail are three seconds.
    if (this.channel === undefined || this.isLooking || this.isInDoubt) void this.liveness.silent();
    this.isInDoubt = false;
    if (this.channel === undefined) return void this.open();
    if (this.isLooking) return;
    this.isLooking = true;
    void this.look(this.channel, this.counted).finally(() => (this.isLooking = false));
  }

  private status(): NodeStatus {
    const { node, fence } = this.parts;
    const { verdict, topology, listeningPorts } = this;
    return {
      node,
      fence,
      verdict,
      topology,
      listeningPorts,
      engine: this.containers.about,
      sizes: this.slow.sizes,
    };
  }

  private async look(channel: NodeChannel, sequence: number): Promise<void> {
    const isSlow = this.isSlowDue;
    const [asked, begunMs] = [this.parts.now(), performance.now()];
    let look: Look;
    try {
      look = await channel.look({ isSlow, timeoutMs: LOOK_LIMIT_MS });
    } catch {
      // A channel that is gone says so itself; a late or broken answer is a gap, and the cheap checks judge the node.
      this.isInDoubt = true;
      return;
    }
    if (this.ended.signal.aborted) return;
    if (this.engineAnswersNow()) this.liveness.answered();
    else this.isInDoubt = true;
    this.take(look, { isSlow, asked, sequence, isLate: performance.now() - begunMs > LATE_MS });
    if (this.isRestDue) void this.lookAtRest(channel);
  }

  /** Its events are followed, or it has answered since the last look: at first it is asked for each container. */
  private engineAnswersNow(): boolean {
    const { isUp, answers } = this.containers;
    const hasAnswered = answers > this.engineAnswers;
    this.engineAnswers = answers;
    return isUp || hasAnswered;
  }

  /** What changes seldom. What gets no answer is not asked for again before the next minute: it is no sign of life. */
  private async lookAtRest(channel: NodeChannel): Promise<void> {
    this.isRestDue = false;
    const limit = { timeoutMs: LOOK_LIMIT_MS };
    this.topology ??= await channel.topology(limit).catch(() => undefined);
    const ports = channel.listening(this.parts.range, limit);
    this.listeningPorts = await ports.catch(() => this.listeningPorts);
  }

  private take(
    look: Look,
    {
      isSlow,
      asked,
      sequence,
      isLate,
    }: {
      readonly isSlow: boolean;
      readonly asked: Date;
      readonly sequence: number;
      readonly isLate: boolean;
    },
  ): void {
    if (isSlow) this.takeSlow(look, asked);
    const figures = this.last && figuresBetween(this.last, look);
    // Too much of a short window is unsure where reading took long: then it is measured over a longer one.
    if (figures !== undefined || this.last?.bootId !== look.bootId) this.last = look;
    if (isLate || figures === undefined || !hasHost(figures)) return;
    const { node, fence, watchers } = this.parts;
    const { slow, running: containers } = this;
    const observedAt = asked.toISOString();
    watchers.observed(
      secondOf({ ...{ node, fence, sequence, observedAt }, look, figures, slow, containers }),
    );
  }

  private takeSlow(look: Look, asked: Date): void {
    this.isSlowDue = false;
    const rates = this.lastSlow && figuresBetween(this.lastSlow, look)?.rates;
    this.slow = slowFactsOf(look, rates, asked.getTime());
    this.lastSlow = look;
  }

  private watchThese(containers: Containers): void {
    this.running = containers;
    this.channel?.watch([...containers.values()]);
  }

  private onVerdict(verdict: Verdict): void {
    // A check may still have been under way.
    if (this.ended.signal.aborted) return;
    this.judged.resolve();
    // What hangs in a line that was cut would hang for long after the node is back.
    if (verdict.state === 'unreachable') this.parts.access.reset();
    this.parts.watchers.stateOf(this.status());
  }

  private async open(): Promise<void> {
    // The cheap checks find out first whether it is back.
    const isLost = this.liveness.verdict?.state === 'unreachable';
    if (isLost || this.channel !== undefined || this.isOpening) return;
    this.isOpening = true;
    await this.openChannel().finally(() => (this.isOpening = false));
  }

  private async openChannel(): Promise<void> {
    const { signal } = this.ended;
    try {
      const channel = await this.parts.access.openChannel();
      await this.begin(channel);
      if (signal.aborted) return channel.close();
      this.channel = channel;
      this.hasFailed = false;
      void channel.closed.then(() => this.lost(channel));
    } catch (error) {
      if (signal.aborted) return;
      if (!this.hasFailed) this.parts.onError(error, 'a node cannot be looked at');
      this.hasFailed = true;
      await this.parts.pause(AGAIN_MS, signal);
    }
  }

  /** What the next second is measured from: so there are figures within a second. Closes a channel that does not answer. */
  private async begin(channel: NodeChannel): Promise<void> {
    channel.watch([...this.running.values()]);
    try {
      this.last = await channel.look({ isSlow: false, timeoutMs: LOOK_LIMIT_MS });
    } catch (error) {
      channel.close();
      throw error;
    }
    // Others may run by now.
    channel.watch([...this.running.values()]);
  }

  private lost(channel: NodeChannel): void {
    if (this.channel !== channel) return;
    this.channel = undefined;
  }
}

/** Not the same for all, and for a node always the same. */
const creditOf = (node: string): number =>
  ([...node].reduce((hash, letter) => (hash * 33 + letter.charCodeAt(0)) % 10_007, 5) % 100) / 100;

const hasHost = (figures: Figures): figures is Figures & { readonly host: HostFigures } =>
  figures.host !== undefined;
