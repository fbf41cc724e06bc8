import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ImageBuildOptions } from 'dockerode';
import { type BuildSession, type BuildSessionParts, openBuildSession, UPLOAD_URL } from './build-session.js';
import { BuildTrace } from './build-trace.js';
import { codeOfSentence, engineError, toEngineError } from './classify.js';
import type { EngineError, EngineErrorCode } from './errors.js';
import { errorOf, jsonLines, type ProgressMessage } from './json-lines.js';

export interface BuildRequest extends Omit<BuildSessionParts, 'upload'> {
  /** A tar of the context. */
  readonly context: Readable;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Where the Dockerfile lies in the context; at its root where it is left out. */
  readonly dockerfile?: string;
  /** The stage that is built; the last one where it is left out. */
  readonly target?: string;
  readonly onOutput?: (line: string) => void;
  /** Of the RUN steps, as `docker build --network` takes it. */
  readonly networkMode?: string;
  readonly builder?: 'buildkit' | 'classic';
}

export interface BuiltImage {
  readonly imageId: string;
}

/** What the engine builds with, and how it takes the context. */
export interface BuildWay {
  readonly buildKit: boolean;
  /**
   * Over the session of the build, not as the body of the call: until Docker 28.3, BuildKit on the image store of
   * containerd cannot read a body.
   */
  readonly contextBySession: boolean;
}

/** What explains a failure may stand far above the end: npm prints its help after it, compilers all other errors. */
const TAIL_LINES = 1_000;
/** Of these a build that fails is not to blame. Any other failure is the build's own. */
const NOT_THE_BUILD: ReadonlySet<EngineErrorCode> = new Set([
  'NO_SPACE',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_DENIED',
]);

/**
 * Builds and tags. Throws BUILD_FAILED with the last lines, NO_SPACE, ENGINE_UNREACHABLE, ENGINE_ABORTED;
 * BUILD_SECRETS_UNSUPPORTED where it is given secrets and the engine has no BuildKit.
 */
export async function build(
  docker: Docker,
  request: BuildRequest,
  { buildKit, contextBySession }: BuildWay,
): Promise<BuiltImage> {
  const what = `Building ${request.tag}`;
  const needsBuildKit = Object.keys(request.secrets ?? {}).length > 0;
  if (needsBuildKit && !buildKit) throw withoutBuildKit(request, what);
  const output = new BuildOutput(request.onOutput);
  let session: BuildSession | undefined;
  try {
    const upload = contextBySession ? request.context : undefined;
    session = buildKit ? await openBuildSession(docker, { ...request, upload }) : undefined;
    const how = session === undefined ? await withLogins(request) : withSession(session);
    const options = { ...buildOptions(request), ...how, ...(upload !== undefined && { remote: UPLOAD_URL }) };
    const stream = await docker.buildImage(upload === undefined ? request.context : NO_BODY(), options);
    for await (const message of jsonLines(stream as Readable)) output.take(message);
  } catch (error) {
    throw toEngineError(what, error, { 400: 'BUILD_FAILED' }, request.signal);
  } finally {
    session?.close();
    // Also where nobody has read it.
    request.context.destroy();
  }
  if (output.error !== undefined) {
    throw engineError(failureCode(output.error), what, new Error(output.error), output.tail);
  }
  return { imageId: output.imageId ?? (await docker.getImage(request.tag).inspect()).Id };
}

const NO_BODY = (): Readable => Readable.from([]);

function buildOptions(request: BuildRequest): ImageBuildOptions {
  return {
    t: request.tag,
    labels: { ...request.labels },
    buildargs: { ...request.buildArgs },
    ...(request.dockerfile !== undefined && { dockerfile: request.dockerfile }),
    ...(request.target !== undefined && { target: request.target }),
    networkmode: request.networkMode,
    rm: true,
    forcerm: true,
    abortSignal: request.signal,
  };
}

/** The classic builder cannot ask: it gets all logins, and shows each to its registry. */
async function withLogins({ logins }: BuildRequest): Promise<ImageBuildOptions> {
  const hosts = (await logins?.hosts()) ?? [];
  const found = await Promise.all(hosts.map(async (host) => [nameOf(host), await logins?.at(host)] as const));
  const known = found.flatMap(([name, login]) => (login === undefined ? [] : [[name, login]]));
  return { version: '1', registryconfig: Object.fromEntries(known) };
}

const nameOf = (host: string): string => (host === 'docker.io' ? 'https://index.docker.io/v1/' : host);

function withoutBuildKit({ context }: BuildRequest, what: string): EngineError {
  context.destroy();
  return engineError('BUILD_SECRETS_UNSUPPORTED', what, 'the engine has no BuildKit');
}

/** BuildKit. As a number: for the text '2', dockerode opens a session of its own. */
const withSession = ({ id }: BuildSession): object => ({ version: 2, session: id });

function failureCode(error: string): EngineErrorCode {
  const code = codeOfSentence(error);
  return code !== undefined && NOT_THE_BUILD.has(code) ? code : 'BUILD_FAILED';
}

/** Both builders' messages as lines, with the last of them kept. */
class BuildOutput {
  readonly tail: string[] = [];
  imageId: string | undefined;
  error: string | undefined;
  private unfinished = '';
  private readonly trace = new BuildTrace();

  constructor(private readonly onOutput?: (line: string) => void) {}

  take(message: ProgressMessage): void {
    const error = errorOf(message);
    if (error !== undefined) {
      this.flush();
      this.error = error;
    } else if (message.id === 'moby.buildkit.trace' && typeof message.aux === 'string') {
      this.trace.read(message.aux).forEach((line) => this.line(line));
    } else if (hasImageId(message.aux)) {
      this.imageId = message.aux.ID;
    } else if (message.stream !== undefined) {
      this.text(message.stream);
    } else if (message.status !== undefined && message.progressDetail?.total === undefined) {
      this.line(message.id === undefined ? message.status : `${message.id}: ${message.status}`);
    }
  }

  /** The classic builder sends text that may end within a line. */
  private text(text: string): void {
    const lines = (this.unfinished + text).split(/\r?\n/);
    this.unfinished = lines.pop() ?? '';
    lines.filter((line) => line.trim() !== '').forEach((line) => this.line(line));
  }

  private flush(): void {
    this.trace.rest().forEach((line) => this.line(line));
    if (this.unfinished.trim() !== '') this.line(this.unfinished);
    this.unfinished = '';
  }

  private line(line: string): void {
    this.tail.push(line);
    if (this.tail.length > TAIL_LINES) this.tail.shift();
    this.onOutput?.(line);
  }
}

function hasImageId(aux: unknown): aux is { readonly ID: string } {
  return typeof aux === 'object' && aux !== null && 'ID' in aux && typeof aux.ID === 'string';
}
