import { AuthorityError } from './domain/authority-error.js';
import { dueHosts, pauseMs } from './domain/order-times.js';
import type { Authority, HostState, IssuedCertificates, Order, Orders } from './ports.js';

/** Each waits for the authority most of the time. */
const AT_ONCE = 4;
/** After an answer that asks for fewer orders and does not say until when. */
const RATE_LIMITED_MS = 3_600_000;
const LONGEST_RATE_LIMITED_MS = 86_400_000;

interface OrderCertificatesParts {
  readonly authority: Authority;
  readonly orders: Orders;
  readonly issued: IssuedCertificates;
  /** The hosts that are to have a certificate of the authority. */
  readonly hosts: () => readonly string[];
  readonly firstPauseMs: number;
  readonly freshKey: () => string;
  readonly nowMs: () => number;
  readonly onLeading: () => void;
  readonly onSuccess: (host: string) => void;
  readonly onFailure: (host: string, failure: OrderFailure) => void;
  /** The order of a host was left, for no fault of the authority; the gateway that leads goes on with it. */
  readonly onLeft: (host: string, error: unknown) => void;
}

interface OrderFailure {
  readonly error: AuthorityError;
  /** Not tried again before. */
  readonly nextMs: number;
}

/** Orders and renews certificates, while this gateway leads. */
export class OrderCertificates {
  private isLeading = false;
  private isStopped = false;
  /** No host is ordered for before. */
  private quietUntilMs = 0;
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(private readonly parts: OrderCertificatesParts) {}

  /** Renews the lease; to be called several times within its length. */
  async lead(): Promise<void> {
    const didLead = this.isLeading;
    this.isLeading = false;
    this.isLeading = await this.parts.orders.lead();
    if (this.isLeading && !didLead) this.parts.onLeading();
  }

  /** Begins with the hosts that are due. It does not wait for them: an authority takes seconds. */
  async order(): Promise<void> {
    const { issued, hosts, nowMs } = this.parts;
    if (!this.isLeading || nowMs() < this.quietUntilMs) return;
    const [certificates, states] = [await issued.read(), await issued.states()];
    const byHost = new Map(states.map((state) => [state.host, state]));
    const byName = new Map(certificates.flatMap((one) => one.names.map((name) => [name, one] as const)));
    const candidates = hosts().map((host) => ({
      host,
      issued: byName.get(host),
      tried: byHost.get(host),
    }));
    for (const host of dueHosts(candidates, nowMs())) {
      if (this.underWay.size >= AT_ONCE) return;
      if (!this.underWay.has(host)) this.begin(host, byHost.get(host));
    }
  }

  /** Another gateway may order at once; it goes on with what is under way, of which nothing is written here any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.isLeading = false;
    await this.parts.orders.resign();
  }

  private begin(host: string, state: HostState | undefined): void {
    const done = this.orderOne(host, state?.failures ?? 0).finally(() => this.underWay.delete(host));
    this.underWay.set(host, done);
  }

  private async orderOne(host: string, failures: number): Promise<void> {
    const { authority, orders, onSuccess } = this.parts;
    try {
      const order = (await orders.open(host)) ?? (await this.beginOrder(host));
      const chain = await authority.finish(order, (challenge) => orders.publish(host, challenge));
      await orders.succeeded(order, chain);
      onSuccess(host);
    } catch (error) {
      await this.fail(host, failures + 1, error).catch((why: unknown) => {
        if (!this.isStopped) this.parts.onLeft(host, why);
      });
    }
  }

  private async beginOrder(host: string): Promise<Order> {
    const { authority, orders, freshKey } = this.parts;
    const order = { host, url: await authority.begin(host), key: freshKey() };
    await orders.began(order);
    return order;
  }

  private async fail(host: string, failures: number, error: unknown): Promise<void> {
    if (!(error instanceof AuthorityError)) throw error;
    const { orders, nowMs, firstPauseMs, onFailure } = this.parts;
    const { code, message, isOrderOver: isOver } = error;
    if (code === 'ACME_RATE_LIMITED')
      this.quietUntilMs = nowMs() + Math.min(error.retryAfterMs ?? RATE_LIMITED_MS, LONGEST_RATE_LIMITED_MS);
    const nextMs = Math.max(nowMs() + pauseMs(failures, firstPauseMs, host), this.quietUntilMs);
    onFailure(host, { error, nextMs });
    await orders.failed(host, { code, message, nextMs, isOver });
  }
}
