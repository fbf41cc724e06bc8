import { setTimeout as delay } from 'node:timers/promises';
import { FEED_PROTOCOL, type FromGateway, MOST_FEED_BUSY, parseFromLoadBalancer } from '#libs/contracts';
import { type FeedNews, type FeedSession, received, sessionFrom } from '../domain/feed-session.js';
import { Undelivered } from '../domain/undelivered.js';
import { ReceivedOverrides } from '../domain/received-overrides.js';
import { ReceivedScores } from '../domain/received-scores.js';
import type { CarrierLease, TrafficHandlers, TrafficSource } from '../ports.js';
import { instancesOf, pictureChanges, servicesOf } from './feed-entries.js';
import { type FeedAddress, FeedLink } from './feed-link.js';
import { FeedReporting } from './feed-reporting.js';

const AGAIN_MS = 1_000;

interface FeedSourceParts {
  readonly address: FeedAddress;
  readonly gateway: string;
  /** Of this process. */
  readonly process: string;
  readonly onConnected: (url: string) => void;
  readonly onLost: (url: string, why: string) => void;
  /** What was received could not be carried; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/**
 * A load balancer's feed. With the connection comes the lease: the load balancer keeps it in the gateway's name, from
 * `hello` on, by what the gateway says.
 */
export class FeedSource implements TrafficSource {
  readonly lease: CarrierLease;
  readonly reporting: FeedReporting;
  readonly scores = new ReceivedScores();
  readonly overrides = new ReceivedOverrides();
  private readonly link: FeedLink;
  private readonly undelivered = new Undelivered();
  private session: FeedSession = sessionFrom(undefined);
  private handlers: TrafficHandlers | undefined;
  private delivering: Promise<void> | undefined;
  private isConnected = false;
  private isStopped = false;

  constructor(private readonly parts: FeedSourceParts) {
    this.link = new FeedLink(parts.address, {
      hello: () => this.hello(),
      receive: (text) => this.receive(text),
      onConnected: parts.onConnected,
      onLost: (url, why) => {
        this.isConnected = false;
        this.reporting.lost();
        parts.onLost(url, why);
      },
    });
    this.reporting = new FeedReporting(this.link);
    this.lease = {
      // The load balancer registers it at each `hello`, before it sends anything.
      register: () => Promise.resolve(),
      renew: () => this.say({ type: 'renew' }),
      applied: (revision, busy) =>
        // Those that are not named would be stopped; so nothing is said, and drains wait.
        busy.length > MOST_FEED_BUSY
          ? Promise.resolve(true)
          : this.say({ type: 'applied', revision, busy: [...busy] }),
      release: () => this.link.stop({ type: 'bye' }),
    };
  }

  /** How long nothing was heard of the load balancer; undefined where nothing ever was. */
  get silentMs(): number | undefined {
    return this.link.silentMs;
  }

  /** It follows a load balancer now. */
  get isFollowing(): boolean {
    return this.isConnected;
  }

  start(handlers: TrafficHandlers): Promise<void> {
    this.handlers = handlers;
    this.link.start();
    return Promise.resolve();
  }

  restart(): Promise<void> {
    this.link.restart();
    return Promise.resolve();
  }

  /** The connection stays, for `lease.release` or `close`. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.delivering;
  }

  /** Without a word: the lease lapses. */
  close(): Promise<void> {
    return this.link.stop();
  }

  private hello(): FromGateway {
    const { gateway, process } = this.parts;
    const { revision } = this.session;
    this.session = sessionFrom(revision);
    return { type: 'hello', protocol: FEED_PROTOCOL, gateway, process, resume: revision };
  }

  private receive(text: string): string | undefined {
    const parsed = parseFromLoadBalancer(text);
    if (parsed.kind === 'unknown') return undefined;
    const next = parsed.kind === 'problem' ? parsed : received(this.session, parsed.message);
    if ('problem' in next) {
      // What was received before it counts no more: the next connection begins with a snapshot.
      this.session = sessionFrom(undefined);
      return next.problem;
    }
    this.session = next.session;
    if (next.session.isWelcome && !this.isConnected) {
      this.isConnected = true;
      this.reporting.connected();
      this.scores.reconnected();
    }
    if (next.scores !== undefined) this.scores.take(next.scores, performance.now());
    if (next.overrides !== undefined) this.overrides.take(next.overrides, performance.now());
    if (next.news !== undefined) this.deliver(next.news);
    return undefined;
  }

  /** A lease that has lapsed is told by the load balancer, which ends the connection then. */
  private say(message: FromGateway): Promise<boolean> {
    if (this.isConnected) this.link.send(message);
    return Promise.resolve(true);
  }

  private deliver(news: FeedNews): void {
    this.link.works();
    this.undelivered.add(news);
    this.delivering ??= this.deliverAll().finally(() => {
      this.delivering = undefined;
    });
  }

  private async deliverAll(): Promise<void> {
    for (let news = this.undelivered.take(); news !== undefined; news = this.undelivered.take()) {
      try {
        await this.tell(news);
      } catch (error) {
        this.undelivered.giveBack(news);
        this.parts.onError(error);
        await delay(AGAIN_MS);
      }
      if (this.isStopped) return;
    }
  }

  private async tell({ revision, isWhole, entries }: FeedNews): Promise<void> {
    if (isWhole) await this.handlers?.onSnapshot(revision, servicesOf(entries), instancesOf(entries));
    else await this.handlers?.onChanges(revision, pictureChanges(entries));
  }
}
