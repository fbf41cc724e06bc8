import { randomUUID } from 'node:crypto';
import { type Duplex, pipeline, Readable, type Writable } from 'node:stream';
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type Docker from 'dockerode';
import { authService, healthService, secretsService, uploadService } from './build-session.protocol.js';
import type { RegistryAuth } from './transfer.js';

export interface BuildLogins {
  /** That have a login. */
  hosts(): Promise<readonly string[]>;
  at(host: string): Promise<RegistryAuth | undefined>;
}

/** What BuildKit may ask for while it builds. */
export interface BuildSessionParts {
  /** By the id that a step mounts. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of registries, each by its host as it stands in names of images; Docker Hub is `docker.io`. */
  readonly logins?: BuildLogins;
  /** A tar of the context, where the session is to bring it; once. */
  readonly upload?: Readable;
  readonly signal?: AbortSignal;
}

export interface BuildSession {
  readonly id: string;
  close(): void;
}

/**
 * A connection over which BuildKit calls back: the engine is the client, this side the gRPC server. dockerode has one
 * of its own, which shows the same login to every registry and knows no secrets.
 */
export async function openBuildSession(docker: Docker, parts: BuildSessionParts): Promise<BuildSession> {
  const id = randomUUID();
  const socket = await dialSession(docker, id, parts.signal);
  // The build itself says what a broken connection did to it.
  socket.on('error', () => undefined);
  const server = sessionServer(parts);
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    close() {
      server.forceShutdown();
      socket.destroy();
    },
  };
}

/** Throws what the modem throws: an error with the engine's status, or without one where it was not reached. */
function dialSession(docker: Docker, id: string, abortSignal: AbortSignal | undefined): Promise<Duplex> {
  const call = {
    ...{ method: 'POST', path: '/session', hijack: true, statusCodes: {}, abortSignal },
    headers: {
      Upgrade: 'h2c',
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'slipway',
      'X-Docker-Expose-Session-Grpc-Method': METHODS,
    },
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(call, (error: Error | null, socket: unknown) => {
      if (error === null) resolve(socket as Duplex);
      else reject(error);
    });
  });
}

const METHODS = [secretsService, authService, uploadService, healthService].flatMap((service) =>
  Object.values(service).map(({ path }) => path),
);

/** Exported for its test. */
export function sessionServer({ secrets = {}, logins, upload }: BuildSessionParts): Server {
  const server = new Server();
  server.addService(secretsService, { GetSecret: getSecret(secrets) });
  server.addService(authService, { Credentials: credentials(logins) });
  server.addService(uploadService, { Pull: uploading(upload) });
  server.addService(healthService, HEALTH);
  return server;
}

function getSecret(
  secrets: Readonly<Record<string, string>>,
): handleUnaryCall<{ ID: string }, { data: Buffer }> {
  return ({ request: { ID: id } }, answer) => {
    const value = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
    if (value === undefined) answer({ code: status.NOT_FOUND, details: `secret ${id}: not found` });
    else answer(null, { data: Buffer.from(value) });
  };
}

/** Of what BuildKit fetches from the session; the path says which of several, and there is one. */
export const UPLOAD_URL = 'http://buildkit-session/context';

interface Bytes {
  readonly data: Buffer;
}

function uploading(upload: Readable | undefined): handleBidiStreamingCall<Bytes, Bytes> {
  return (call) => {
    if (upload === undefined || upload.readableEnded || upload.destroyed)
      return void call.emit('error', { code: status.NOT_FOUND, details: 'there is no context to fetch' });
    // Whoever fetches sends nothing.
    call.resume();
    // BuildKit is told of an error by the stream itself.
    pipeline(Readable.from(messages(upload)), call as unknown as Writable, () => undefined);
  };
}

async function* messages(chunks: AsyncIterable<Buffer>): AsyncGenerator<Bytes> {
  for await (const data of chunks) yield { data };
}

const NO_LOGINS: BuildLogins = { hosts: () => Promise.resolve([]), at: () => Promise.resolve(undefined) };

/** BuildKit's names of Docker Hub, which its images do without. */
const DOCKER_HUB: ReadonlySet<string> = new Set(['registry-1.docker.io', 'index.docker.io']);

function credentials(
  logins: BuildLogins = NO_LOGINS,
): handleUnaryCall<{ Host: string }, { Username?: string; Secret?: string }> {
  return ({ request: { Host: host } }, answer) => {
    logins.at(DOCKER_HUB.has(host) ? 'docker.io' : host).then(
      (found) =>
        answer(null, found === undefined ? {} : { Username: found.username, Secret: found.password }),
      (error: Error) => answer({ code: status.UNAVAILABLE, details: error.message }),
    );
  };
}

/** BuildKit asks again and again, and drops a session that does not answer: a later step then has no secrets. */
const SERVING = 1;
const HEALTH: UntypedServiceImplementation = {
  Check: ((_call, answer) => answer(null, { status: SERVING })) satisfies handleUnaryCall<
    object,
    { status: number }
  >,
};
