import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { CarriedCertificate } from '../domain/certificates.js';
import {
  assign,
  backendsByService,
  type Carrying,
  carryingNothing,
  isSameConfiguration,
  leavingOf,
  namesOf,
  type Place,
  placesOf,
  withGone,
} from '../domain/carrying.js';
import { DataPlaneError } from '../domain/data-plane-error.js';
import { marks, type Operation, operations } from '../domain/operations.js';
import type { CarriedNames } from '../domain/request-figures.js';
import type { ServerFigures } from '../domain/server-figures.js';
import { replaced, type SteeringByName } from '../domain/steering.js';
import type { Wanted } from '../domain/wanted.js';
import { problemsOf } from '../domain/wanted-problems.js';
import type { DataPlane, SteeredPlane, TlsPlane } from '../ports.js';
import { boundsOf, hasQueueTimes, marksMap, queueTimes } from './haproxy-balancing.js';
import { HaproxyCertificates } from './haproxy-certificates.js';
import { haproxyConfig, optionsMap, routesMap } from './haproxy-config.js';
import { HaproxyProcess } from './haproxy-process.js';
import { rowsOf } from './haproxy-totals.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';
import { rescueFrom } from './rescue.js';
import type { RuntimeApi } from './runtime-api.js';
import { carryOut, goneOf } from './runtime-commands.js';
import { figuresOf } from './server-figures.js';
import { SteeredWanted } from './steered-wanted.js';

const RELOAD_EVERY_MS = 1_000;
const TICK_MS = 1_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

interface HaproxyParts {
  readonly settings: HaproxySettings;
  readonly accessLogPort?: number;
  readonly challengePort?: number;
  /** It was lost, or did not do what it was asked; it is brought back. */
  /** Called before requests come to these backends, and when one is not in use any more. */
  readonly onBackends?: (backends: readonly string[]) => Promise<void>;
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
 * small, a service or a route needs rules that none did before, or its settings are others, once a second at most, and started again where it has ended. What is wanted is also
 * kept in its folder: so it can be started, too, while nobody says what is wanted.
 */
export class HaproxyDataPlane implements DataPlane, SteeredPlane, TlsPlane {
  readonly counts: HaproxyCounts = { starts: 0, reloads: 0, operations: 0 };
  private readonly process: HaproxyProcess;
  private readonly files: ReturnType<typeof filesIn>;
  private readonly certificates: HaproxyCertificates | undefined;
  private readonly wanted: SteeredWanted;
  /** Of what is carried: looked up at each steering. */
  private places: ReadonlyMap<string, Place> = new Map();
  private queueTimes: ReadonlyMap<string, number> = new Map();
  /** What it carries; undefined where that is not known for certain. */
  private carrying: Carrying | undefined;
  private generation: string | undefined;
  private api: RuntimeApi | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private recovering: Promise<void> | undefined;
  private reloadedMs = -Infinity;
  private keptWanted: Wanted | undefined;
  private lastError: Error | undefined;
  private lastNames: CarriedNames = { services: new Set(), instances: new Map() };
  private isEnding = false;

  constructor(private readonly parts: HaproxyParts) {
    this.process = new HaproxyProcess(parts.settings);
    this.files = filesIn(parts.settings.folder);
    this.wanted = new SteeredWanted(this.bounds.inFlight);
    if (parts.settings.tls !== undefined) this.certificates = new HaproxyCertificates(parts.settings.folder);
  }

  /** Carries what was wanted last, where no HAProxy runs in the folder. One that runs goes on until the first `apply`. */
  async start(): Promise<void> {
    await ownFolder(this.parts.settings.folder);
    await this.certificates?.restore();
    this.timer = setInterval(() => void this.inTurn(() => this.tick()).catch(() => undefined), TICK_MS);
    if (this.process.pid !== undefined) return;
    const kept = await this.readWanted();
    if (kept !== undefined) this.wanted.take(kept);
    await this.inTurn(() => this.bring()).catch((error: unknown) =>
      this.parts.onTrouble(error, 'HAProxy cannot be started'),
    );
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

  figures(): Promise<readonly ServerFigures[]> {
    return this.inTurn(async () => {
      const { carrying, places, generation = '' } = this;
      const api = await this.connected();
      return api === undefined || carrying === undefined
        ? []
        : figuresOf(api, { carrying, places, generation });
    });
  }

  rescue(name: string): Promise<number> {
    return this.inTurn(async () => {
      const place = this.places.get(name);
      const api = await this.connected();
      return api === undefined || place === undefined ? 0 : rescueFrom(api, place);
    });
  }

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

  busy(names: readonly string[]): Promise<readonly string[]> {
    return this.inTurn(async () => {
      if (names.length === 0 || this.carrying === undefined) return [];
      const places = namedPlaces(this.places, names);
      const api = await this.connected();
      if (api === undefined) throw new DataPlaneError('HAPROXY_UNREACHABLE', 'HAProxy does not answer');
      const gone = new Set(await goneOf(api, [...places.values()]));
      return [...places].filter(([, place]) => !gone.has(place)).map(([name]) => name);
    });
  }

  /** Throws where it does not carry what is wanted. */
  check(): void {
    if (this.carrying !== undefined && this.api?.isClosed === false) return;
    if (this.lastError !== undefined) throw this.lastError;
    throw new DataPlaneError('HAPROXY_UNREACHABLE', 'HAProxy has not been told yet what to carry');
  }

  /** Those of these backends that have a server that requests can be sent to. */
  async readyOf(backends: readonly string[]): Promise<readonly string[]> {
    const answers = await this.inTurn(
      async () => (await this.connected())?.askAll(backends.map(aboutBackend)) ?? [],
    );
    return backends.filter((_, index) => Number(rowsOf(answers[index] ?? '')[0]?.['act'] ?? 0) > 0);
  }

  /** The answer to a `show` command; throws as `apply` does. */
  show(command: string): Promise<string> {
    return this.inTurn(async () => {
      const api = await this.connected();
      if (api === undefined) throw new DataPlaneError('HAPROXY_UNREACHABLE', 'HAProxy does not answer');
      return api.ask(command);
    });
  }

  /** The services and instances that have a place, also those that are leaving. */
  get names(): CarriedNames {
    return this.carrying === undefined ? this.lastNames : (this.lastNames = namesOf(this.carrying));
  }

  /** Whose requests a server of HAProxy's log answered: `least-1`, `s2`. */
  serverAt(backend: string, server: string): { readonly service?: string; readonly instance?: string } {
    const found = this.carrying?.backends.get(backend);
    return { service: found?.service, instance: found?.slots.get(Number(server.slice(1)))?.server.name };
  }

  /** Lets go of HAProxy, which carries on; or ends it, too. */
  async close({ leave }: { readonly leave: boolean }): Promise<void> {
    this.isEnding = true;
    clearInterval(this.timer);
    await this.recovering;
    await this.inTurn(() => this.keepWanted());
    this.api?.close();
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
    const { carrying } = this;
    const api = await this.connected();
    if (api === undefined || carrying === undefined) return;
    const { after, todo } = replaced(carrying, this.wanted.changesIn(carrying, this.places, changes));
    if (await this.hasCarriedOut(api, todo)) this.carrying = after;
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
      this.carrying = undefined;
      return false;
    }
  }

  private carries(carrying: Carrying): void {
    this.carrying = carrying;
    this.places = placesOf(carrying);
  }

  private async bring(): Promise<void> {
    const wanted = this.wanted.whole;
    if (wanted === undefined) return;
    try {
      if (!(await this.change(wanted))) await this.replace(wanted);
      this.lastError = undefined;
    } catch (error) {
      this.lastError = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  /** While it runs; false where that does not do. */
  private async change(wanted: Wanted): Promise<boolean> {
    const api = await this.connected();
    if (api === undefined || this.carrying === undefined) return false;
    let after = assign(this.carrying, wanted);
    if (!isSameConfiguration(this.carrying, after)) {
      await this.takeBack(api);
      after = assign(this.carrying, wanted);
    }
    if (!isSameConfiguration(this.carrying, after)) return false;
    if (!hasQueueTimes(this.queueTimes, after, this.bounds)) return false;
    await this.sayBackends(after);
    if (!(await this.hasCarriedOut(api, operations(this.carrying, after)))) return false;
    this.carries(after);
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

  /** The kept connection, or another one to the same worker. */
  private async connected(): Promise<RuntimeApi | undefined> {
    if (this.api?.isClosed === false) return this.api;
    const api = this.generation === undefined ? undefined : await this.process.connect(this.generation);
    if (api !== undefined) this.keep(api);
    return api;
  }

  /** By its files: with a reload where it runs, else by a start. */
  private async replace(wanted: Wanted): Promise<void> {
    const { settings } = this.parts;
    await this.process.check();
    const assigned = assign(this.carrying ?? carryingNothing(settings.pools), wanted);
    // Requests in flight stay with the worker before.
    const after = withGone(assigned, leavingOf(assigned));
    this.carrying = undefined;
    const generation = randomUUID();
    await this.sayBackends(after);
    await this.writeFiles(after, generation);
    if (this.process.pid === undefined) {
      if (this.generation !== undefined)
        this.parts.onTrouble(this.process.ended(), 'HAProxy has ended; it is started again');
      this.counts.starts += 1;
      this.process.start();
    } else {
      await delay(Math.max(0, this.reloadedMs + RELOAD_EVERY_MS - performance.now()));
      this.reloadedMs = performance.now();
      this.counts.reloads += 1;
      await this.process.reload();
    }
    this.keep(await this.process.untilReady(generation));
    this.generation = generation;
    this.queueTimes = queueTimes(after);
    this.carries(after);
    this.certificates?.started();
  }

  private async sayBackends(carrying: Carrying): Promise<void> {
    try {
      await this.parts.onBackends?.([...backendsByService(carrying).values()]);
    } catch (error) {
      this.parts.onTrouble(error, 'requests of some services cannot wait for an instance');
    }
  }

  private keep(api: RuntimeApi): void {
    this.api?.close();
    this.api = api;
    void api.untilClosed().then(() => {
      if (this.api === api) this.startRecovery();
    });
  }

  private startRecovery(): void {
    if (!this.isEnding) this.recovering ??= this.recover();
  }

  /** Brings it back after its connection was lost, however long that takes. */
  private async recover(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.isEnding; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.inTurn(() => this.bring());
        break;
      } catch (error) {
        this.parts.onTrouble(error, 'HAProxy is brought back');
        await delay(pauseMs);
      }
    }
    this.recovering = undefined;
  }

  private async tick(): Promise<void> {
    await this.keepWanted();
    this.process.boundOutput();
    if (this.api?.isClosed === false) await this.takeBack(this.api);
    else if (this.generation !== undefined) this.startRecovery();
  }

  /** Frees the places whose last requests have ended. */
  private async takeBack(api: RuntimeApi): Promise<void> {
    if (this.carrying === undefined) return;
    const leaving: readonly Place[] = leavingOf(this.carrying);
    if (leaving.length > 0) this.carrying = withGone(this.carrying, await goneOf(api, leaving));
  }

  private async writeFiles(carrying: Carrying, generation: string): Promise<void> {
    const { settings, accessLogPort, challengePort } = this.parts;
    const { config, routes, options, marks: markFiles } = this.files;
    const next = `${config}.next`;
    await this.certificates?.write();
    await writeFile(routes, routesMap(carrying), { mode: 0o600 });
    await writeFile(options, optionsMap(carrying), { mode: 0o600 });
    for (const mark of marks) await writeFile(markFiles[mark], marksMap(carrying, mark), { mode: 0o600 });
    const text = haproxyConfig({ settings, carrying, generation, accessLogPort, challengePort });
    await writeFile(next, text, { mode: 0o600 });
    await this.process.validate(next);
    await rename(next, config);
  }

  private async keepWanted(): Promise<void> {
    const wanted = this.wanted.plain;
    if (wanted === undefined || wanted === this.keptWanted) return;
    const next = `${this.files.wanted}.next`;
    await writeFile(next, JSON.stringify(wanted), { mode: 0o600 });
    await rename(next, this.files.wanted);
    this.keptWanted = wanted;
  }

  /** What an earlier process of the gateway kept, if it can be carried. */
  private async readWanted(): Promise<Wanted | undefined> {
    try {
      const wanted = JSON.parse(await readFile(this.files.wanted, 'utf8')) as Wanted;
      return problemsOf(wanted).length === 0 ? wanted : undefined;
    } catch {
      return undefined;
    }
  }
}

const aboutBackend = (backend: string): string => `show stat ${backend} 2 -1`;

/** Nobody else may read the requests' addresses, or command HAProxy. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(folder);
  if (uid !== process.getuid?.())
    throw new Error(`GATEWAY_FOLDER: ${folder} belongs to another user; expected one of this process`);
  await chmod(folder, 0o700);
}

const namedPlaces = (
  places: ReadonlyMap<string, Place>,
  names: readonly string[],
): ReadonlyMap<string, Place> =>
  new Map(
    names.flatMap((name) => {
      const place = places.get(name);
      return place === undefined ? [] : [[name, place] as const];
    }),
  );
