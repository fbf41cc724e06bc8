import { type BareRuntime, createOldRows, type DatabaseRuntime, Recurring } from '#libs/runtime';
import type { Wanted } from '../data-plane/domain/wanted.js';
import type { DataPlane, TlsPlane } from '../data-plane/ports.js';
import type { GatewayConfig } from '../gateway.config.js';
import { freshKey } from './adapters/acme-authority.js';
import { CertificateFiles } from './adapters/certificate-files.js';
import { ChallengeServer } from './adapters/challenge-server.js';
import { expiredCertificates, oldFailures, type PostgresIssued } from './adapters/postgres-issued.js';
import { CERTIFICATES_CHANNEL } from './adapters/postgres-orders.js';
import { SelfSigned } from './adapters/self-signed.js';
import { asksAuthority, type OpenAuthority, openAuthority } from './authority.wire.js';
import { listed } from './domain/listed.js';
import { OrderCertificates } from './order-certificates.js';
import type { CertificateList } from './ports.js';
import { ServeCertificates } from './serve-certificates.js';

/** A file that changed is served so much later at most. */
const FILES_MS = 2_000;
/** A safety net: a notification can be lost with its connection. */
const ISSUED_MS = 30_000;

/** How often a gateway looks whether it orders and for what, and how soon it asks an authority for the first time. */
interface OrderPace {
  readonly leadMs: number;
  readonly firstPauseMs: number;
}
const PACE: OrderPace = { leadMs: 2_000, firstPauseMs: 1_000 };

type CertificateRuntime = Pick<BareRuntime, 'logger' | 'metrics' | 'health'>;
type CertificateDatabase = Pick<DatabaseRuntime, 'pool' | 'listener' | 'clock'>;

/** The certificates of a gateway, before there is a data plane. */
export interface Certificates extends CertificateList {
  /** Of the server that answers the challenges of an authority; undefined without one. */
  readonly challengePort: number | undefined;
  /** Serves certificates for the hosts of what the plane that it gives is told to carry. */
  over(plane: DataPlane, tls: TlsPlane): DataPlane;
  start(): Promise<void>;
  /** From now on an authority is asked, where one is configured, and what it has signed is served. Once, after `over`. */
  join(database: CertificateDatabase): Promise<void>;
  stop(): Promise<void>;
}

/** Without GATEWAY_LISTEN_TLS there are none. */
export async function openCertificates(
  runtime: CertificateRuntime,
  config: GatewayConfig,
  folder: string,
  pace = PACE,
): Promise<Certificates | undefined> {
  if (config.GATEWAY_LISTEN_TLS === undefined) return undefined;
  const certificates = new GatewayCertificates({ runtime, config, folder, pace });
  await certificates.open();
  return certificates;
}

interface GatewayCertificatesParts {
  readonly runtime: CertificateRuntime;
  readonly config: GatewayConfig;
  readonly folder: string;
  readonly pace: OrderPace;
}

class GatewayCertificates implements Certificates {
  private challenges: ChallengeServer | undefined;
  private database: CertificateDatabase | undefined;
  /** Once it has joined the database. */
  private authority: OpenAuthority | undefined;
  private serving: ServeCertificates | undefined;
  private ordering: OrderCertificates | undefined;
  private readonly recurring: Recurring[] = [];
  private unsubscribe: (() => void) | undefined;
  private failures = 0;
  private said: string | undefined;

  constructor(private readonly parts: GatewayCertificatesParts) {
    this.register();
  }

  async open(): Promise<void> {
    if (!asksAuthority(this.parts.config)) return;
    this.challenges = await ChallengeServer.open((token) => this.issued().answerTo(token));
  }

  get challengePort(): number | undefined {
    return this.challenges?.port;
  }

  over(plane: DataPlane, tls: TlsPlane): DataPlane {
    const serving = this.createServing(tls);
    this.serving = serving;
    return {
      busy: (names) => plane.busy(names),
      apply: async (wanted: Wanted) => {
        await plane.apply(wanted);
        serving.want(wanted.routes.map(({ host }) => host));
        // What follows is no part of what was asked: requests are carried as they should be.
        void this.refresh();
      },
    };
  }

  async start(): Promise<void> {
    this.recur(FILES_MS, () => this.refresh());
    await this.refresh();
  }

  async join(database: CertificateDatabase): Promise<void> {
    const { serving } = this;
    const { runtime, config, pace } = this.parts;
    const authority = await openAuthority({ ...runtime, ...database }, config, pace);
    if (serving === undefined || authority === undefined) return;
    [this.database, this.authority] = [database, authority];
    this.ordering = this.createOrdering(serving, authority);
    await this.readIssued();
    this.unsubscribe = await database.listener.subscribe(CERTIFICATES_CHANNEL, () => void this.readIssued());
    this.deleteOldRows(database);
    this.recur(ISSUED_MS, () => this.readIssued());
    this.recur(this.parts.pace.leadMs, () => this.order());
  }

  async stop(): Promise<void> {
    const { runtime } = this.parts;
    this.unsubscribe?.();
    await Promise.all(this.recurring.map((one) => one.stop()));
    await this.ordering
      ?.stop()
      .catch((err: unknown) => runtime.logger.warn({ err }, 'the lease of orders is kept'));
    await this.challenges?.close();
  }

  async list() {
    const { serving } = this;
    if (serving === undefined) return [];
    const states = (await this.authority?.issued.states()) ?? [];
    return listed({
      ...{ served: serving.certificates, problems: serving.ownProblems },
      ...{ ordered: serving.orderable, unordered: serving.unorderable, states },
    });
  }

  private nowMs(): number {
    return (this.database?.clock.now() ?? new Date()).getTime();
  }

  private issued(): PostgresIssued {
    if (this.authority === undefined) throw new Error('the database has not answered yet');
    return this.authority.issued;
  }

  private deleteOldRows({ pool }: Pick<DatabaseRuntime, 'pool'>): void {
    const { runtime, config } = this.parts;
    const oldRows = createOldRows({ pool, logger: runtime.logger, config }, [
      expiredCertificates,
      oldFailures,
    ]);
    this.recurring.push(oldRows);
    oldRows.start({ atOnce: true });
  }

  private recur(everyMs: number, work: () => Promise<void>): void {
    const one = new Recurring(everyMs, work);
    this.recurring.push(one);
    one.start();
  }

  private createServing(plane: TlsPlane): ServeCertificates {
    const { runtime, config, folder } = this.parts;
    const { logger } = runtime;
    return new ServeCertificates({
      plane,
      own: new CertificateFiles(config.GATEWAY_TLS_CERTIFICATES, (id) => plane.keptCertificate(id)),
      ...(this.challenges && { issued: { read: async () => this.issued().read() } }),
      patterns: config.GATEWAY_ACME_HOSTS,
      local: config.GATEWAY_TLS_SELF_SIGNED ? new SelfSigned(folder) : undefined,
      nowMs: () => this.nowMs(),
      onProblem: ({ error, isServed }) =>
        logger.error(
          { code: error.code },
          `${error.message}; ${isServed ? 'the certificate before is served on' : 'nothing is served for it'}`,
        ),
      onServed: (certificates) =>
        logger.info({ certificates: certificates.length }, 'certificates are served'),
    });
  }

  private createOrdering(serving: ServeCertificates, authority: OpenAuthority): OrderCertificates {
    const { runtime, config } = this.parts;
    const { logger } = runtime;
    return new OrderCertificates({
      ...{ authority: authority.acme, orders: authority.orders, issued: authority.issued, freshKey },
      hosts: () => serving.orderable,
      firstPauseMs: config.GATEWAY_ACME_RETRY_MS,
      nowMs: () => this.nowMs(),
      onLeading: () => logger.info('this gateway orders certificates now'),
      onSuccess: (host) => logger.info({ host }, 'the authority has signed a certificate'),
      onFailure: (host, { error, nextMs }) => {
        this.failures += 1;
        const next = new Date(nextMs).toISOString();
        logger.warn({ host, code: error.code, next }, `no certificate for ${host}: ${error.message}`);
      },
      onLeft: (host, err) =>
        logger.warn({ host, err }, 'an order was left; the gateway that leads goes on with it'),
    });
  }

  private async refresh(): Promise<void> {
    await this.serving
      ?.refresh()
      .catch((err: unknown) => this.say(err, 'certificates are not served as they should be'));
  }

  private async readIssued(): Promise<void> {
    await this.serving
      ?.readIssued()
      .catch((err: unknown) => this.say(err, 'issued certificates are not read'));
  }

  private async order(): Promise<void> {
    try {
      await this.ordering?.lead();
      await this.ordering?.order();
    } catch (err) {
      this.say(err, 'certificates are not ordered');
    }
  }

  /** Once, as long as it goes on: it is tried every few seconds. */
  private say(err: unknown, what: string): void {
    const text = `${what}: ${err instanceof Error ? err.message : String(err)}`;
    if (text !== this.said) this.parts.runtime.logger.warn({ err }, `${what}; it is tried again`);
    this.said = text;
  }

  private register(): void {
    const { metrics, health } = this.parts.runtime;
    metrics.gauge(
      'gateway_certificate_expiry_seconds',
      'When a certificate that is served expires, in seconds since 1970.',
      ['name', 'source'],
      () =>
        (this.serving?.certificates ?? []).map(
          ({ names, source, notAfterMs }) => [{ name: names[0] ?? '', source }, notAfterMs / 1000] as const,
        ),
    );
    metrics.counter(
      'gateway_certificate_failures_total',
      'Orders of certificates that failed, at this gateway.',
      [],
      () => [[{}, this.failures]],
    );
    health.register('certificates', () => this.check());
  }

  /** An authority that fails takes no gateway out of service; a file of the operator that never was good does. */
  private check(): void {
    const problem = this.serving?.ownProblems.find(({ isServed }) => !isServed);
    if (problem !== undefined) throw problem.error;
  }
}
