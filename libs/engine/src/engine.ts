import { pipeline, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { ANSWER_MS, answered, CHANGE_MS, PRUNE_MS, type Request } from './answered.js';
import { build, type BuildRequest, type BuiltImage } from './build.js';
import { toEngineError, type StatusCodes } from './classify.js';
import { createOptions, type ContainerSpec } from './container-spec.js';
import {
  type ContainerState,
  type ListedContainer,
  listedContainer,
  type ListedImage,
  listedImage,
  stateOf,
} from './engine-answers.js';
import { demultiplex, demultiplexing } from './demultiplex.js';
import {
  assertSupported,
  type EngineInfo,
  engineInfoOf,
  hasBuildKit,
  hasContainerdStore,
  type InfoAnswer,
  isPodman,
  type VersionAnswer,
} from './engine-info.js';
import { EngineError } from './errors.js';
import { type ContainerEvent, containerEvents, sinceOf } from './container-events.js';
import { ExitWatch } from './exit-watch.js';
import { pruneBuildCache, pruneUnnamedImages } from './prune.js';
import { type ExecResult, runInContainer } from './run-in-container.js';
import { type LimitsUpdate, noUpdates, updateLimits } from './update-limits.js';
import { digestInRegistry, pull, push, type RegistryAuth, type TransferOptions } from './transfer.js';

const NO_CONTAINER: StatusCodes = { 404: 'CONTAINER_NOT_FOUND' };
const NO_IMAGE: StatusCodes = { 404: 'IMAGE_NOT_FOUND' };
/**
 * The engine remembers some hundred events, and answers before it listens to those to come: `since` misses none.
 * Podman sends `die` and `destroy` as Docker does, but filters by names of its own.
 */
const ALL_ENDS = {
  since: 1,
  filters: { type: ['container' as const], event: ['die', 'died', 'destroy', 'remove', 'oom'] as never[] },
};

/** Not those of programs that are run in containers: each look at a service's health is two. */
const CHANGES = {
  filters: {
    type: ['container' as const],
    event: [
      ...['start', 'restart', 'die', 'died', 'destroy', 'remove', 'oom', 'health_status'],
      ...['update', 'rename', 'unpause'],
    ] as never[],
  },
};

/** These take a signal, too, which the types of dockerode leave out. */
interface AbortableCalls {
  ping(options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
  info(options: { readonly abortSignal: AbortSignal }): Promise<InfoAnswer>;
  version(options: { readonly abortSignal: AbortSignal }): Promise<VersionAnswer>;
}

/**
 * One Docker engine. Every method throws EngineError: ENGINE_UNREACHABLE besides the codes it names, also where the
 * engine takes a call and does not answer it: without that limit, a hung engine would hold its callers for ever.
 */
export class Engine {
  private versionAnswer: Promise<VersionAnswer> | undefined;
  private readonly exits: ExitWatch;
  private readonly client: AbortableCalls;

  constructor(
    private readonly docker: Docker,
    private readonly onClose: () => void,
    /** For calls that stay open: they must not take the place of others. */
    private readonly watching = docker,
  ) {
    this.client = docker as unknown as AbortableCalls;
    this.exits = new ExitWatch(async (abortSignal) => {
      const events = await watching.getEvents({ ...ALL_ENDS, abortSignal });
      return events as Readable;
    });
  }

  async ping(): Promise<void> {
    await this.call('Ping', (abortSignal) => this.client.ping({ abortSignal }));
  }

  /** Throws ENGINE_UNSUPPORTED where it is too old. */
  async info(): Promise<EngineInfo> {
    const [info, version] = await Promise.all([this.infoAnswer(), this.version()]);
    assertSupported(version);
    return engineInfoOf(info, version);
  }

  async hasImage(ref: string): Promise<boolean> {
    const image = await this.unless(404, `Image ${ref}`, () => this.docker.getImage(ref).inspect());
    return image !== undefined;
  }

  pull(ref: string, auth?: RegistryAuth, options: TransferOptions = {}): Promise<void> {
    return pull(this.docker, ref, auth, options);
  }

  push(
    ref: string,
    auth?: RegistryAuth,
    options: TransferOptions = {},
  ): Promise<{ readonly digest: string }> {
    return push(this.docker, ref, auth, options);
  }

  /** Throws BUILD_FAILED with `logTail`, NO_SPACE, REGISTRY_DENIED. With BuildKit where the engine has it. */
  async build(request: BuildRequest): Promise<BuiltImage> {
    const buildKit =
      request.builder === undefined ? await this.hasBuildKit() : request.builder === 'buildkit';
    const contextBySession = buildKit && hasContainerdStore(await this.infoAnswer());
    return build(this.docker, request, { buildKit, contextBySession });
  }

  /** Gives the image another name. Throws IMAGE_NOT_FOUND. */
  async tag(ref: string, newRef: string): Promise<void> {
    const colon = newRef.lastIndexOf(':');
    const tagged = colon > newRef.lastIndexOf('/');
    const repo = tagged ? newRef.slice(0, colon) : newRef;
    const tag = tagged ? newRef.slice(colon + 1) : 'latest';
    const image = this.docker.getImage(ref);
    await this.change(`Tagging ${ref}`, (abortSignal) => image.tag({ repo, tag, abortSignal }), NO_IMAGE);
  }

  /**
   * Takes the name away, and with the last one the image; false where there is none, or a container uses it. Neither is
   * an error: removing is only making space.
   */
  async removeImage(ref: string): Promise<boolean> {
    try {
      const remove: Request<unknown> = (abortSignal) => this.docker.getImage(ref).remove({ abortSignal });
      return (await this.changeUnless(409, `Removing ${ref}`, remove, NO_IMAGE)) !== undefined;
    } catch (error) {
      // Also by the engine's sentence: two names of one image that go at the same time.
      if (!(error instanceof EngineError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
      return false;
    }
  }

  /**
   * The container's id. One of that name which exists is adopted if it was made of the same image: a take-over
   * finds what its predecessor made. Throws NAME_TAKEN when the name is another image's, IMAGE_NOT_FOUND.
   */
  async createContainer(spec: ContainerSpec): Promise<string> {
    const what = `Creating ${spec.name}`;
    const byStatus: StatusCodes = { 404: 'IMAGE_NOT_FOUND', 409: 'NAME_TAKEN' };
    try {
      const create: Request<Docker.Container> = (abortSignal) =>
        this.docker.createContainer({ ...createOptions(spec), abortSignal });
      return (await this.change(what, create, byStatus)).id;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'NAME_TAKEN') throw error;
      const existing = await this.inspect(spec.name);
      if (existing?.image === spec.image) return existing.id;
      throw error;
    }
  }

  /** Starting one that runs is no error. Throws PORT_TAKEN, CONTAINER_NOT_FOUND. */
  async start(id: string): Promise<void> {
    const start: Request<unknown> = (abortSignal) => this.docker.getContainer(id).start({ abortSignal });
    await this.changeUnless(304, `Starting ${id}`, start, NO_CONTAINER);
  }

  /**
   * The exit code of the first end of this container (by its full id) that is remembered, at once where it has ended
   * already; else told as it ends, also where the engine starts it again. All who ask share one stream of events, so
   * it never comes for one that was gone before, or whose end the engine has forgotten. Throws CONTAINER_NOT_FOUND when
   * the container goes meanwhile, the signal's reason when that is aborted.
   */
  firstExit(id: string, signal: AbortSignal): Promise<number> {
    return this.exits.firstExit(id, signal);
  }

  /**
   * What happens to containers, whoever's they are, until the signal is aborted; resolves once nothing is missed any
   * more. Iterating throws ENGINE_UNREACHABLE when the engine, or the line to it, ends before.
   */
  async containerEvents(signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>> {
    const what = 'Watching containers';
    const info = await this.infoAnswer(what);
    const events = await this.call(what, () =>
      this.watching.getEvents({ ...CHANGES, since: sinceOf(info), abortSignal: signal }),
    );
    return containerEvents(events as Readable, what);
  }

  /**
   * The exit code of a container that is not started again; at once where it has ended. Throws CONTAINER_NOT_FOUND,
   * ENGINE_ABORTED when the signal was aborted.
   */
  async untilEnded(id: string, signal: AbortSignal): Promise<number> {
    const container = this.docker.getContainer(id);
    try {
      const ended: unknown = await container.wait({ condition: 'not-running', abortSignal: signal });
      return (ended as { readonly StatusCode: number }).StatusCode;
    } catch (error) {
      throw toEngineError(`Waiting for ${id}`, error, NO_CONTAINER, signal);
    }
  }

  async inspect(nameOrId: string): Promise<ContainerState | undefined> {
    const found = await this.unless(404, `Inspecting ${nameOrId}`, (abortSignal) =>
      this.docker.getContainer(nameOrId).inspect({ abortSignal }),
    );
    return found && stateOf(found, this.exits.wasOutOfMemory(found.Id));
  }

  /**
   * The digest that a registry has for an image, without pulling it. Throws IMAGE_NOT_FOUND, REGISTRY_DENIED,
   * REGISTRY_UNREACHABLE.
   */
  digestInRegistry(ref: string, auth?: RegistryAuth): Promise<string> {
    return digestInRegistry(this.docker, ref, auth);
  }

  /** Of what machines an image is, as its builder named it: `amd64`, `arm64`. Throws IMAGE_NOT_FOUND. */
  async imageArchitecture(ref: string): Promise<string> {
    const what = `Image ${ref}`;
    const image = this.docker.getImage(ref);
    return (await this.call(what, () => image.inspect(), NO_IMAGE)).Architecture;
  }

  /** The digests of its unpacked layers, from the lowest to the highest; undefined where there is no such image. */
  async imageLayers(ref: string): Promise<readonly string[] | undefined> {
    const image = await this.unless(404, `Image ${ref}`, () => this.docker.getImage(ref).inspect());
    return image && (image.RootFS.Layers ?? []);
  }

  /**
   * Runs a program within a container and waits for its end. Throws CONTAINER_NOT_FOUND, SPEC_INVALID where it does
   * not run or has no such program, ENGINE_ABORTED when the signal was aborted.
   */
  async exec(id: string, argv: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const byStatus: StatusCodes = { ...NO_CONTAINER, 400: 'SPEC_INVALID', 409: 'SPEC_INVALID' };
    try {
      return await runInContainer(this.docker.getContainer(id), argv, signal);
    } catch (error) {
      throw toEngineError(`Running ${argv[0]} in ${id}`, error, byStatus, signal);
    }
  }

  /** What its processes are given; a value may be a secret. Throws CONTAINER_NOT_FOUND. */
  async environment(nameOrId: string): Promise<Readonly<Record<string, string>>> {
    const found = await this.call(
      `Environment of ${nameOrId}`,
      (abortSignal) => this.docker.getContainer(nameOrId).inspect({ abortSignal }),
      NO_CONTAINER,
    );
    return Object.fromEntries(
      found.Config.Env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  /** The last `tail` lines of stdout and stderr. Throws CONTAINER_NOT_FOUND. */
  async logs(id: string, { tail }: { readonly tail: number }): Promise<string> {
    const framed = await this.call(
      `Logs of ${id}`,
      (abortSignal) =>
        this.docker.getContainer(id).logs({ stdout: true, stderr: true, tail, follow: false, abortSignal }),
      NO_CONTAINER,
    );
    return demultiplex(framed);
  }

  /** The last `tail` lines, then those to come, until it ends or the stream is destroyed. Throws CONTAINER_NOT_FOUND. */
  async followLogs(id: string, { tail }: { readonly tail: number }): Promise<Readable> {
    const framed = await this.call(
      `Logs of ${id}`,
      (abortSignal) =>
        this.docker.getContainer(id).logs({ stdout: true, stderr: true, tail, follow: true, abortSignal }),
      NO_CONTAINER,
    );
    // Whoever reads is told of an error by the stream itself.
    return pipeline(framed, demultiplexing(), () => undefined);
  }

  /**
   * Sends `signal`, waits `graceMs`, then kills. One that does not run, or is gone, is no error. Podman sends the signal
   * that the container was made with, and waits whole seconds.
   */
  async stop(
    id: string,
    { signal, graceMs }: { readonly signal: string; readonly graceMs: number },
  ): Promise<void> {
    const what = `Stopping ${id}`;
    const container = this.docker.getContainer(id);
    // Before the signal: a container that ends at once must not end unseen.
    const grace = AbortSignal.timeout(graceMs);
    const state = await this.inspect(id);
    if (state === undefined) return;
    // It starts a container again that a signal has ended, unless it was told to stop it.
    const stopsItself = state.running && isPodman(await this.version());
    if (state.running && !stopsItself) {
      await this.changeUnless([404, 409], what, (abortSignal) => container.kill({ signal, abortSignal }));
      await container.wait({ condition: 'not-running', abortSignal: grace }).catch((error: unknown) => {
        if (!grace.aborted) return this.rethrowUnless([404], what, error);
      });
    }
    // Also where it ended by itself: marks it as stopped, so that `unless-stopped` does not start it again.
    const seconds = stopsItself ? Math.ceil(graceMs / 1_000) : 0;
    // Its grace comes on top where it waits itself.
    const limitMs = CHANGE_MS + seconds * 1_000;
    const stop: Request<unknown> = (abortSignal) => container.stop({ t: seconds, abortSignal });
    await this.unless([304, 404], what, stop, undefined, limitMs);
  }

  /** With its anonymous volumes, running or not. One that is gone is no error. */
  async remove(id: string): Promise<void> {
    // 409: another removal is under way.
    await this.changeUnless([404, 409], `Removing ${id}`, (abortSignal) =>
      this.docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
    );
  }

  /**
   * Changes limits of a container, all of them or none; a restart keeps them. Throws CONTAINER_NOT_FOUND, SPEC_INVALID
   * where they cannot be, ENGINE_FAILED where the kernel refuses them, such as memory that is in use, and
   * ENGINE_UNSUPPORTED where the engine changes no limits of what runs.
   */
  async updateLimits(id: string, update: LimitsUpdate): Promise<void> {
    if (isPodman(await this.version())) throw noUpdates();
    await this.change(`Limits of ${id}`, updateLimits(this.docker, id, update), NO_CONTAINER);
  }

  /** Containers, running or not, that have all of these labels. */
  async list({
    labels,
  }: {
    readonly labels: Readonly<Record<string, string>>;
  }): Promise<readonly ListedContainer[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const found = await this.call('List', (abortSignal) =>
      this.docker.listContainers({ all: true, filters: { label }, abortSignal }),
    );
    return found.map(listedContainer);
  }

  /** Images that have all of these labels. */
  async listImages({
    labels,
  }: {
    readonly labels: Readonly<Record<string, string>>;
  }): Promise<readonly ListedImage[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const found = await this.call('List images', (abortSignal) =>
      this.docker.listImages({ filters: { label }, abortSignal }),
    );
    return found.map(listedImage);
  }

  /** BuildKit's cache down to `keepBytes`; bytes that went. What builds that run use stays. */
  async pruneBuildCache(keepBytes: number): Promise<number> {
    if (!(await this.hasBuildKit())) return 0;
    return this.call('Pruning the build cache', () => pruneBuildCache(this.docker, keepBytes), {}, PRUNE_MS);
  }

  /** Images without a name that have all of these labels; bytes that went. */
  async pruneUnnamedImages(labels: Readonly<Record<string, string>>): Promise<number> {
    // 409: another prune is under way.
    const prune = (): Promise<number> => pruneUnnamedImages(this.docker, labels);
    const freed = await this.unless(409, 'Pruning images', prune, {}, PRUNE_MS);
    return freed ?? 0;
  }

  /** Ends the kept channels. The SSH connections belong to their pool. */
  async close(): Promise<void> {
    this.exits.close();
    this.onClose();
  }

  private infoAnswer(what = 'Info'): Promise<InfoAnswer> {
    return this.call(what, (abortSignal) => this.client.info({ abortSignal }));
  }

  private async hasBuildKit(): Promise<boolean> {
    return hasBuildKit(await this.version());
  }

  private version(): Promise<VersionAnswer> {
    this.versionAnswer ??= this.call('Version', (abortSignal) => this.client.version({ abortSignal }));
    this.versionAnswer.catch(() => (this.versionAnswer = undefined));
    return this.versionAnswer;
  }

  private async call<T>(
    what: string,
    request: Request<T>,
    byStatus?: StatusCodes,
    limitMs = ANSWER_MS,
  ): Promise<T> {
    try {
      return await answered(request, limitMs);
    } catch (error) {
      throw toEngineError(what, error, byStatus);
    }
  }

  private change<T>(what: string, request: Request<T>, byStatus?: StatusCodes): Promise<T> {
    return this.call(what, request, byStatus, CHANGE_MS);
  }

  /** Undefined where the engine answers with one of these statuses. */
  private async unless<T>(
    status: number | readonly number[],
    what: string,
    request: Request<T>,
    byStatus?: StatusCodes,
    limitMs = ANSWER_MS,
  ): Promise<T | undefined> {
    try {
      return await answered(request, limitMs);
    } catch (error) {
      return this.rethrowUnless([status].flat(), what, error, byStatus);
    }
  }

  private changeUnless<T>(
    status: number | readonly number[],
    what: string,
    request: Request<T>,
    byStatus?: StatusCodes,
  ): Promise<T | undefined> {
    return this.unless(status, what, request, byStatus, CHANGE_MS);
  }

  private rethrowUnless(
    statuses: readonly number[],
    what: string,
    error: unknown,
    byStatus?: StatusCodes,
  ): undefined {
    const { statusCode } = error as { readonly statusCode?: number };
    if (statusCode !== undefined && statuses.includes(statusCode)) return undefined;
    throw toEngineError(what, error, byStatus);
  }
}
