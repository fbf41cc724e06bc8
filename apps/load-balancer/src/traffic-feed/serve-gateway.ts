import {
  FEED_PROTOCOL,
  type FeedCloseCode,
  type FeedHello,
  type FromGateway,
  MOST_FEED_OVERRIDES,
  MOST_FEED_SCORES,
  parseFromGateway,
} from '#libs/contracts';
import type { FeedLog } from './domain/feed-log.js';
import { type Feeding, feedOn, owed } from './domain/feeding.js';
import { KeepLease } from './keep-lease.js';
import type { ScoreLog } from './domain/score-log.js';
import type { Carriers, FollowedRegistry, Line, OverrideList, Reports } from './ports.js';

export interface ServeGatewayParts {
  readonly line: Line;
  readonly log: FeedLog;
  readonly registry: FollowedRegistry;
  readonly carriers: Carriers;
  readonly scores: ScoreLog;
  readonly overrides: OverrideList;
  /** By the id of a carrier. */
  readonly reportsOf: (carrier: string) => Reports;
  /** Of this replica. */
  readonly replica: string;
  readonly leaseMs: number;
  /** The gateway has said who it is. */
  readonly onHello: (carrier: string) => void;
  readonly onSnapshot: () => void;
  readonly onError: (error: unknown) => void;
}

type State =
  | { readonly step: 'greeting' | 'registering' | 'ended' }
  | { readonly step: 'feeding'; readonly feeding: Feeding; readonly known: number };

/** One gateway that follows the feed: first its lease, then what it needs to know, as fast as it takes it. */
export class ServeGateway {
  private state: State = { step: 'greeting' };
  /** Undefined of a reader, which carries nothing. */
  private lease: KeepLease | undefined;
  private reports: Reports | undefined;
  /** What it was told last. */
  private toldScores: number | undefined;
  private toldOverrides = 0;

  constructor(private readonly parts: ServeGatewayParts) {}

  get isGreeting(): boolean {
    return this.state.step === 'greeting';
  }

  receive(text: string): void {
    if (this.state.step === 'ended') return;
    const parsed = parseFromGateway(text);
    if (parsed.kind === 'problem') this.end(4400, parsed.problem);
    else if (parsed.kind === 'message') this.take(parsed.message);
  }

  /** To be called when the log has grown, and when the line has room again. */
  feed(): void {
    const { log, line, onSnapshot } = this.parts;
    while (this.state.step === 'feeding' && line.hasRoom) {
      const { known } = this.state;
      const fed = feedOn(log, this.state.feeding);
      if (fed === undefined) return;
      if (fed.message.type === 'snapshot' && fed.message.piece === 1) onSnapshot();
      const { revision = known } = fed.feeding;
      this.state = { step: 'feeding', feeding: fed.feeding, known: revision };
      line.send(fed.message);
    }
  }

  /** To be called about once a second: so the gateway hears of revisions that changed nothing for it. */
  catchUp(): void {
    if (this.state.step !== 'feeding') return;
    this.state = { ...this.state, feeding: owed(this.parts.log, this.state.feeding) };
    this.feed();
    this.tellOverrides();
    this.tellScores();
  }

  /** To be called when an operator has set a weight. */
  tellOverrides(): void {
    const { overrides, line } = this.parts;
    if (this.state.step !== 'feeding' || !line.hasRoom || overrides.version === this.toldOverrides) return;
    this.toldOverrides = overrides.version;
    line.send({ type: 'overrides', overrides: overrides.current().slice(0, MOST_FEED_OVERRIDES) });
  }

  /** The line is cut: the lease lapses unless the gateway connects again. */
  cut(): void {
    this.hasEnded();
  }

  end(code: FeedCloseCode | 1000, reason: string): void {
    this.hasEnded();
    this.parts.line.close(code, reason);
  }

  private hasEnded(): void {
    this.state = { step: 'ended' };
    void this.reports?.end();
    this.reports = undefined;
  }

  /** As far as it takes them: what has no room now is told a second later, as it is then. */
  private tellScores(): void {
    const { scores, line } = this.parts;
    while (this.state.step === 'feeding' && line.hasRoom) {
      const told = scores.since(this.toldScores, MOST_FEED_SCORES);
      if (told === undefined) return;
      this.toldScores = told.revision;
      line.send({ type: 'scores', ...(told.isWhole && { isWhole: true }), scores: [...told.scores] });
      if (told.isLast) return;
    }
  }

  private take(message: FromGateway): void {
    const { state, lease } = this;
    if (message.type === 'hello') return void this.greet(message);
    if (message.type === 'subscribe') return void this.greetReader(message);
    if (state.step !== 'feeding')
      return this.end(4400, `expected ${state.step === 'greeting' ? 'hello' : 'nothing before welcome'}`);
    if (lease === undefined)
      return message.type === 'bye'
        ? this.end(1000, 'bye')
        : this.end(4400, 'expected a reader to say bye only');
    switch (message.type) {
      case 'renew':
        return lease.renew();
      case 'applied':
        // What this replica never said was of another registry, or is no revision at all.
        return message.revision <= state.known ? lease.applied(message) : undefined;
      case 'bye':
        return void this.release(lease);
      case 'figures':
        return this.reports?.figures(message);
      case 'wake':
        return this.reports?.wake(message.services);
    }
  }

  private async greet({ protocol, gateway, process, resume }: FeedHello): Promise<void> {
    const { carriers, onHello, onError, reportsOf } = this.parts;
    if (!this.begins(protocol)) return;
    const id = `${gateway}/${process}`;
    onHello(id);
    const onLapsed = (): void => this.end(4409, 'the lease has lapsed');
    const lease = new KeepLease({ carriers, id, onLapsed, onError });
    this.lease = lease;
    // First the lease, then all that the registry holds: so either a drain waits for this gateway, or it hears of it.
    await this.begin(() => lease.register(), resume);
    if (!this.isEnded) this.reports = reportsOf(id);
  }

  private async greetReader({ protocol, resume }: Pick<FeedHello, 'protocol' | 'resume'>): Promise<void> {
    if (this.begins(protocol)) await this.begin(() => Promise.resolve(), resume);
  }

  private begins(protocol: number): boolean {
    const isFirst = this.isGreeting;
    if (!isFirst) this.end(4400, 'expected one hello');
    else if (protocol !== FEED_PROTOCOL) this.end(4406, `expected protocol ${FEED_PROTOCOL}`);
    else this.state = { step: 'registering' };
    return isFirst && protocol === FEED_PROTOCOL;
  }

  private async begin(register: () => Promise<void>, resume: number | undefined): Promise<void> {
    const { registry, line, log, replica, leaseMs, onError } = this.parts;
    try {
      await register();
      await registry.caughtUp();
    } catch (error) {
      onError(error);
      return this.end(1013, 'the registry is away');
    }
    if (this.isEnded) return;
    line.send({ type: 'welcome', protocol: FEED_PROTOCOL, replica, leaseMs });
    const isKnown = resume !== undefined && log.knows(resume);
    this.state = {
      step: 'feeding',
      feeding: { revision: isKnown ? resume : undefined, isOwed: true },
      known: isKnown ? resume : 0,
    };
    this.feed();
    this.tellOverrides();
    this.tellScores();
  }

  /** Asked anew after a pause, in which it may have ended. */
  private get isEnded(): boolean {
    return this.state.step === 'ended';
  }

  private async release(lease: KeepLease): Promise<void> {
    this.hasEnded();
    await lease.release().catch(this.parts.onError);
    this.parts.line.close(1000, 'bye');
  }
}
