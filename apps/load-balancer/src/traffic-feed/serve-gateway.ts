import {
  FEED_PROTOCOL,
  type FeedCloseCode,
  type FeedHello,
  type FromGateway,
  parseFromGateway,
} from '#libs/contracts';
import type { FeedLog } from './domain/feed-log.js';
import { type Feeding, feedOn, owed } from './domain/feeding.js';
import { KeepLease } from './keep-lease.js';
import type { Carriers, FollowedRegistry, Line } from './ports.js';

export interface ServeGatewayParts {
  readonly line: Line;
  readonly log: FeedLog;
  readonly registry: FollowedRegistry;
  readonly carriers: Carriers;
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
  private lease: KeepLease | undefined;

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
  }

  /** The line is cut: the lease lapses unless the gateway connects again. */
  cut(): void {
    this.state = { step: 'ended' };
  }

  end(code: FeedCloseCode | 1000, reason: string): void {
    this.state = { step: 'ended' };
    this.parts.line.close(code, reason);
  }

  private take(message: FromGateway): void {
    const { state, lease } = this;
    if (message.type === 'hello') return void this.greet(message);
    if (state.step !== 'feeding' || lease === undefined)
      return this.end(4400, `expected ${state.step === 'greeting' ? 'hello' : 'nothing before welcome'}`);
    switch (message.type) {
      case 'renew':
        return lease.renew();
      case 'applied':
        // What this replica never said was of another registry, or is no revision at all.
        return message.revision <= state.known ? lease.applied(message) : undefined;
      case 'bye':
        return void this.release(lease);
      case 'subscribe':
        return this.end(4400, 'expected one hello');
      case 'figures':
      case 'wake':
        return;
    }
  }

  private async greet({ protocol, gateway, process, resume }: FeedHello): Promise<void> {
    const { carriers, registry, line, log, replica, leaseMs, onHello, onError } = this.parts;
    if (this.state.step !== 'greeting') return this.end(4400, 'expected one hello');
    if (protocol !== FEED_PROTOCOL) return this.end(4406, `expected protocol ${FEED_PROTOCOL}`);
    this.state = { step: 'registering' };
    const id = `${gateway}/${process}`;
    onHello(id);
    const onLapsed = (): void => this.end(4409, 'the lease has lapsed');
    const lease = new KeepLease({ carriers, id, onLapsed, onError });
    this.lease = lease;
    try {
      // First the lease, then all that the registry holds: so either a drain waits for this gateway, or it hears of it.
      await lease.register();
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
  }

  /** Asked anew after a pause, in which it may have ended. */
  private get isEnded(): boolean {
    return this.state.step === 'ended';
  }

  private async release(lease: KeepLease): Promise<void> {
    this.state = { step: 'ended' };
    await lease.release().catch(this.parts.onError);
    this.parts.line.close(1000, 'bye');
  }
}
