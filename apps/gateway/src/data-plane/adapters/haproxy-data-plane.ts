import { randomUUID } from 'node:crypto';
import type { CarriedCertificate } from '../domain/certificates.js';
import {
  assign,
  backendsByOwner,
  type Carrying,
  carryingNothing,
  isSameConfiguration,
  leavingOf,
  withGone,
} from '../domain/carrying.js';
import { DataPlaneError } from '../domain/data-plane-error.js';
import { changesSplits, type Operation, operations } from '../domain/operations.js';
import { replaced, type SteeringByName } from '../domain/steering.js';
import { NOTHING, type Wanted } from '../domain/wanted.js';
import { problemsOf } from '../domain/wanted-problems.js';
import type { DataPlane, SteeredPlane, TlsPlane } from '../ports.js';
import { AskHaproxy } from './ask-haproxy.js';
import { Carried } from './carried.js';
import { boundsOf, hasQueueTimes, queueTimes } from './haproxy-balancing.js';
import { HaproxyCertificates } from './haproxy-certificates.js';
import { ownFolder, writeFiles } from './haproxy-files.js';
import { HaproxyProcess } from './haproxy-process.js';
import { HaproxyStarts } from './haproxy-starts.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';
import { KeptWanted } from './kept-wanted.js';
import { Recovery } from './recovery.js';
import type { RuntimeApi } from './runtime-api.js';
import { carryOut, goneOf } from './runtime-commands.js';
import { SteeredWanted } from './steered-wanted.js';
import { WorkerConnection } from './worker-connection.js';

const TICK_MS = 1_000;

interface HaproxyParts {
  readonly settings: HaproxySettings;
  readonly accessLogPort?: number;
  readonly challengePort?: number;
  /** Called before requests come to these backends, and when one is not in use any more. */
  readonly onBackends?: (backends: readonly string[]) => Promise<void>;
  /** It was lost, or did not do what it was asked; it is brought back. */
  readonly onTrouble: (error: unknown, what: string) => void;
}

/** How often what was done, since this process started. */
export interface HaproxyCounts {
  starts: number;
  reloads: number;
  operations: number;
}

/**
 * HAProxy, kept at what is wanted. Changes of servers and routes reach it while it runs. It is reloaded where a pool is too
 * small, where a service or a route needs rules that none did before, and where its settings are others: once a second at
 * most. Where it has ended, it is started again. What is wanted is also kept in its folder, so that it can be started while
 * nobody says what is wanted.
 */
export class HaproxyDataPlane implements DataPlane, SteeredPlane, TlsPlane {
  readonly counts: HaproxyCounts = { starts: 0, reloads: 0, operations: 0 };
  readonly carried = new Carried();
  /** What it says of what it carries. */
  readonly asked: AskHaproxy;
  private readonly process: HaproxyProcess;
  private readonly files: ReturnType<typeof filesIn>;
  private readonly certificates: HaproxyCertificates | undefined;
  private readonly wanted: SteeredWanted;
  private queueTimes: ReadonlyMap<string, number> = new Map();
  private readonly connection: WorkerConnection;
  private readonly kept: KeptWanted;
  private turn: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private readonly recovery: Recovery;
  private readonly starts: HaproxyStarts;
  private lastError: Error | undefined;
  /** Nobody has said what is wanted, and requests hear so. */
  private isUnknown = false;

  constructor(private readonly parts: HaproxyParts) {
    this.process = new HaproxyProcess(parts.settings);
    this.starts = new HaproxyStarts(this.process, this.counts);
    this.files = filesIn(parts.settings.folder);
    this.recovery = new Recovery(
      () => this.inTurn(() => this.bring()),
      (error) => parts.onTrouble(error, 'HAProxy is brought back'),
    );
    this.connection = new WorkerConnection(this.process, () => this.recovery.start());
    this.asked = new AskHaproxy({
      ...{ connection: this.connection, carried: this.carried },
      inTurn: (work) => this.inTurn(work),
    });
    this.kept = new KeptWanted(this.files.wanted);
    this.wanted = new SteeredWanted(this.bounds.inFlight);
    if (parts.settings.tls !== undefined) this.certificates = new HaproxyCertificates(parts.settings.folder);
  }

  /** Carries what was wanted last, where no HAProxy runs in the folder. One that runs goes on until the first `apply`. */
  async start(): Promise<void> {
    await ownFolder(this.parts.settings.folder);
    await this.certificates?.restore();
    this.timer = setInterval(() => void this.inTurn(() => this.tick()).catch(() => undefined), TICK_MS);
    const kept = await this.kept.read();
    if (kept !== undefined) this.wanted.take(kept);
    if (this.process.pid !== undefined) return;
    await this.inTurn(() => this.bring()).catch((error: unknown) =>
      this.parts.onTrouble(error, 'HAProxy cannot be started'),
    );
  }

  /**
   * Nobody says what is wanted. Where nothing ever was, HAProxy answers every request with 503 from now on, until somebody
   * does.
   */
  async carryUnknown(): Promise<void> {
    if (this.wanted.plain !== undefined || this.process.pid !== undefined) return;
    this.isUnknown = true;
    await this.inTurn(() => this.bring());
  }

  async apply(wanted: Wanted): Promise<void> {
    const problems = problemsOf(wanted);
    if (problems.length > 0) throw new DataPlaneError('NOT_CARRIABLE', problems.join('; '));
    this.wanted.take(wanted);
    await this.inTurn(() => this.bring());
  }

  async steer(changes: SteeringByName): Promise<void> {
    this.wanted.steer(changes);
    await this.inTurn(() => this.steerNow(changes));
  }

  async withoutRetries(unretried: ReadonlySet<string>): Promise<void> {
    this.wanted.withoutRetries(unretried);
    await this.inTurn(() => this.bring());
  }

  figures: SteeredPlane['figures'] = () => this.asked.figures();
  rescue: SteeredPlane['rescue'] = (name) => this.asked.rescue(name);
  busy: DataPlane['busy'] = (names) => this.asked.busy(names);

  async serveCertificates(certificates: readonly CarriedCertificate[]): Promise<void> {
    const { certificates: held } = this;
    if (held === undefined) return;
    await this.inTurn(async () => {
      const takeBack = held.want(certificates);
      try {
        await this.bring();
      } catch (error) {
        if (takeBack === undefined) throw error;
        takeBack();
        await this.bring().catch((err: unknown) => this.parts.onTrouble(err, 'HAProxy is brought back'));
        throw error;
      }
    });
  }

  async keptCertificate(id: string): Promise<string | undefined> {
    return this.certificates?.read(id);
  }

  /** Throws where it does not carry what is wanted. */
  check(): void {
    if (this.carried.current !== undefined && this.connection.current !== undefined) return;
    if (this.lastError !== undefined) throw this.lastError;
    throw new DataPlaneError('HAPROXY_UNREACHABLE', 'HAProxy has not been told yet what to carry');
  }

  /** Lets go of HAProxy, which carries on; or ends it, too. */
  async close({ leave }: { readonly leave: boolean }): Promise<void> {
    clearInterval(this.timer);
    await this.recovery.end();
    await this.inTurn(() => this.kept.keep(this.wanted.plain));
    this.connection.close();
    if (!leave) await this.process.end();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private get bounds(): ReturnType<typeof boundsOf> {
    return boundsOf(this.parts.settings);
  }

  private async steerNow(changes: SteeringByName): Promise<void> {
    const { current: carrying, places } = this.carried;
    const api = await this.connection.open();
    if (api === undefined || carrying === undefined) return;
    const { after, todo } = replaced(carrying, this.wanted.changesIn(carrying, places, changes));
    if (changesSplits(todo, carrying, after)) return this.bring();
    if (await this.hasCarriedOut(api, todo)) this.carried.replacedBy(after);
    else await this.bring();
  }

  /** False where it refused; what it carries is not known then. */
  private async hasCarriedOut(api: RuntimeApi, todo: readonly Operation[]): Promise<boolean> {
    try {
      await carryOut(api, todo, this.files);
      this.counts.operations += todo.length;
      return true;
    } catch (error) {
      this.parts.onTrouble(error, 'HAProxy did not do what it was asked; it is reloaded');
      this.carried.isUnknown();
      return false;
    }
  }

  private async bring(): Promise<void> {
    const known = this.wanted.whole;
    if (known === undefined && !this.isUnknown) return;
    const wanted = known ?? NOTHING;
    try {
      const isLearnt = this.isUnknown && known !== undefined;
      if (isLearnt || !(await this.change(wanted))) await this.replace(wanted, known === undefined);
      if (isLearnt) this.isUnknown = false;
      this.lastError = undefined;
    } catch (error) {
      this.lastError = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  /** While it runs; false where that does not do. */
  private async change(wanted: Wanted): Promise<boolean> {
    const api = await this.connection.open();
    const { carried } = this;
    if (api === undefined || carried.current === undefined) return false;
    if (!isSameConfiguration(carried.current, assign(carried.current, wanted))) await this.takeBack(api);
    const before = carried.current;
    const after = assign(before, wanted);
    if (!isSameConfiguration(before, after)) return false;
    if (!hasQueueTimes(this.queueTimes, after, this.bounds)) return false;
    await this.leadTo(after);
    if (!(await this.hasCarriedOut(api, operations(before, after)))) return false;
    carried.becomes(after);
    return this.haveCertificatesChanged(api);
  }

  /** False where it refused, or where a reload alone does it. */
  private async haveCertificatesChanged(api: RuntimeApi): Promise<boolean> {
    try {
      return (await this.certificates?.change(api)) ?? true;
    } catch (error) {
      this.parts.onTrouble(error, 'HAProxy did not take a certificate; it is reloaded');
      return false;
    }
  }

  /** By its files: with a reload where it runs, else by a start. */
  private async replace(wanted: Wanted, isUnknown: boolean): Promise<void> {
    const { settings } = this.parts;
    await this.process.check();
    const assigned = assign(this.carried.current ?? carryingNothing(settings.pools), wanted);
    // Requests in flight stay with the worker before.
    const after = withGone(assigned, leavingOf(assigned));
    this.carried.isUnknown();
    const generation = randomUUID();
    await this.leadTo(after);
    await this.certificates?.write();
    const { accessLogPort, challengePort } = this.parts;
    const input = { settings, carrying: after, generation, accessLogPort, challengePort, isUnknown };
    await writeFiles(input, (file) => this.process.validate(file));
    if (this.process.pid === undefined && this.connection.generation !== undefined)
      this.parts.onTrouble(this.process.ended(), 'HAProxy has ended; it is started again');
    await this.starts.startOrReload();
    await this.connection.moveTo(generation);
    this.queueTimes = queueTimes(after);
    this.carried.becomes(after);
    this.certificates?.started();
  }

  /** Requests may come to its backends at once. */
  private async leadTo(carrying: Carrying): Promise<void> {
    this.carried.comes(carrying);
    try {
      await this.parts.onBackends?.([...backendsByOwner(carrying).values()]);
    } catch (error) {
      this.parts.onTrouble(error, 'requests of some services cannot wait for an instance');
    }
  }

  private async tick(): Promise<void> {
    await this.kept.keep(this.wanted.plain);
    this.process.boundOutput();
    const { current, generation } = this.connection;
    if (current !== undefined) await this.takeBack(current);
    else if (generation !== undefined || this.isMissing()) this.recovery.start();
  }

  /** Also one that an earlier process started, and that has ended before anybody said what is wanted now. */
  private isMissing(): boolean {
    return (this.wanted.plain !== undefined || this.isUnknown) && this.process.pid === undefined;
  }

  /** Frees the places whose last requests have ended. */
  private takeBack(api: RuntimeApi): Promise<void> {
    return this.carried.takeBack((leaving) => goneOf(api, leaving));
  }
}
