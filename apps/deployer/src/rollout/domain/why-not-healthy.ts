import { type Cause, causeInLog } from '../../task/domain/log-causes.js';
import { uncaughtIn } from '../../task/domain/uncaught.js';
import { type ListeningSocket, listeningSockets } from './sockets.js';

/** What a probe saw where the kernel takes connections for a process that does not. */
export const UNACCEPTED = 'a TCP connection that no process accepts';

/** What was seen of an instance that did not become healthy. */
export interface Evidence {
  readonly name: string;
  /** The port of config.json; a worker has none. */
  readonly port: number | undefined;
  readonly memoryMiB: number;
  /** What the last probe saw, such as `HTTP 400`. */
  readonly probe: string;
  readonly healthPath: string | undefined;
  /** `traffic.protocol` of config.json is `h2`. */
  readonly isHttp2?: boolean;
  readonly log: string | undefined;
  readonly outOfMemory: boolean;
  readonly architectures?: { readonly image: string; readonly node: string };
  /** /proc/net/tcp and /proc/net/tcp6 of its container; undefined where they could not be read. */
  readonly sockets: string | undefined;
}

/** Why a container ended; the first that holds, the surest first. */
export function whyEnded(evidence: Evidence, exitCode: number | undefined): Cause {
  return (
    memory(evidence) ??
    otherArchitecture(evidence) ??
    causeInLog(evidence.log) ??
    byExitCode(evidence, exitCode) ??
    uncaughtIn(evidence.log) ?? {
      cause: `${evidence.name} ended by itself`,
      hint: 'Read the end of its log, or run the command of config.json in the built image.',
    }
  );
}

/** Why one that runs is not healthy. */
export function whyNotHealthy(evidence: Evidence): Cause {
  return (
    memory(evidence) ??
    byCommand(evidence) ??
    byProtocol(evidence) ??
    byStatus(evidence) ??
    bySockets(evidence) ??
    causeInLog(evidence.log) ?? {
      cause: `${evidence.name} did not become healthy in time`,
      hint: 'The service must listen on 0.0.0.0 at the port of config.json and answer its health path with 2xx or 3xx. If it needs longer to start, raise health.startupMs.',
    }
  );
}

/** What is seen while it is still waited for; undefined where nothing is wrong as far as can be seen. */
export const whyNotYet = (evidence: Evidence): Cause | undefined =>
  byProtocol(evidence) ??
  byStatus(evidence) ??
  listensNowhere(evidence) ??
  misplaced(evidence) ??
  unaccepted(evidence);

function memory({ name, outOfMemory, memoryMiB }: Evidence): Cause | undefined {
  if (!outOfMemory) return undefined;
  return {
    cause: `${name} ran out of memory: it may use ${memoryMiB} MiB, and wanted more`,
    hint: `Raise resources.memoryMiB in config.json (now ${memoryMiB}), or let it use less: fewer workers, a smaller heap.`,
  };
}

/** Only what fails so is asked for its architecture. */
export const maybeOtherArchitecture = (log: string | undefined): boolean =>
  /exec format error/i.test(log ?? '');

function otherArchitecture({ architectures, log }: Evidence): Cause | undefined {
  if (architectures === undefined || !maybeOtherArchitecture(log)) return undefined;
  const { image, node } = architectures;
  if (image === node) return undefined;
  return {
    cause: `The image is built for ${image}, and its node is ${node}`,
    hint: `Build on a machine that is ${node} (BUILDERS), or take a base image for it.`,
  };
}

function byExitCode({ name, port }: Evidence, exitCode: number | undefined): Cause | undefined {
  switch (exitCode) {
    case 0:
      return {
        cause: `${name} ended without an error, and a service has to go on running`,
        hint: `Let command start a ${port === undefined ? 'program that goes on working' : 'server'} in the foreground: no daemon, no script that ends.`,
      };
    case 126:
      return {
        cause: `The command of ${name} may not be executed`,
        hint: 'Make the file executable (chmod +x), or name its interpreter in command.',
      };
    case 127:
      return {
        cause: `The command of ${name} was not found`,
        hint: 'Correct command in config.json, or add the package that brings the program.',
      };
    case 137:
      return {
        cause: `${name} was killed (SIGKILL)`,
        hint: 'Mostly memory ran out: raise resources.memoryMiB in config.json. Otherwise somebody ended it on the node.',
      };
    case 139:
      return {
        cause: `${name} crashed (SIGSEGV)`,
        hint: 'A native module may be built for another system: install it in the image, and push no node_modules or venv.',
      };
    default:
      return undefined;
  }
}

function byCommand({ name, probe, log }: Evidence): Cause | undefined {
  if (!probe.startsWith('health.command ')) return undefined;
  return {
    cause: `${name} runs, but its ${probe}`,
    hint:
      causeInLog(log)?.hint ??
      'Correct health.command in config.json, or read the end of the log. If it needs longer to start, raise health.startupMs.',
  };
}

/** What servers of HTTP/2 say to HTTP/1.1, where they say anything: Node's 403, others 400, 426 or 505. */
const OTHER_PROTOCOL = /^HTTP (400|403|426|505)$/;
const NOT_CONNECTED = /ECONNREFUSED|EHOSTUNREACH|^HTTP |^a TCP connection/;

/** A path is asked for over HTTP/1.1. */
function byProtocol({ name, probe, healthPath, isHttp2 = false }: Evidence): Cause | undefined {
  if (!isHttp2 || healthPath === undefined) return undefined;
  if (!OTHER_PROTOCOL.test(probe) && NOT_CONNECTED.test(probe)) return undefined;
  return {
    cause: `${name} does not answer ${healthPath} over HTTP/1.1, by which health.path is asked: traffic.protocol says that it speaks HTTP/2`,
    hint: 'Remove health.path from config.json, so that the port is asked by TCP, or set health.command.',
  };
}

const HOST_REFUSED = /DisallowedHost|Invalid HTTP_HOST header|Blocked hosts?:|Blocked request\. This host/;

function byStatus({ name, probe, healthPath = '/', log }: Evidence): Cause | undefined {
  const status = Number(/^HTTP (\d{3})$/.exec(probe)?.[1]);
  if (Number.isNaN(status)) return undefined;
  const refusesHost = HOST_REFUSED.test(log ?? '');
  if (status === 400 || ((status === 403 || status === 421) && refusesHost))
    return {
      cause: `${name} answers ${healthPath} with HTTP ${status}${refusesHost ? ', because it does not know the host name of the request' : ': mostly because it does not know the host name of the request'}`,
      hint: 'Add the name to the hosts that the application allows (ALLOWED_HOSTS in Django), or set health.headers in config.json: { "Host": "one.it.allows" }.',
    };
  if (status === 404)
    return {
      cause: `${name} has nothing at ${healthPath} (HTTP 404)`,
      hint: 'Set health.path in config.json to a path that it answers.',
    };
  if (status === 401 || status === 403)
    return {
      cause: `${name} wants a login at ${healthPath} (HTTP ${status})`,
      hint: 'Set health.path in config.json to a path that needs none.',
    };
  if (status >= 500)
    return (
      causeInLog(log) ?? {
        cause: `${name} answers ${healthPath} with an error of its own (HTTP ${status})`,
        hint: 'Read the end of its log.',
      }
    );
  return undefined;
}

function bySockets(evidence: Evidence): Cause | undefined {
  const { port, sockets } = evidence;
  if (sockets === undefined || port === undefined) return undefined;
  return (
    listensNowhere(evidence) ??
    misplaced(evidence) ??
    unaccepted(evidence) ??
    silent(evidence, port, listeningSockets(sockets))
  );
}

function listensNowhere({ name, port, sockets, log }: Evidence): Cause | undefined {
  if (sockets === undefined || port === undefined || listeningSockets(sockets).length > 0) return undefined;
  return (
    causeInLog(log) ?? {
      cause: `${name} runs, but listens on no port`,
      hint: `Let it listen on 0.0.0.0:${port} (the variable PORT holds the port). A worker that serves nobody has no port in config.json. If it needs longer to start, raise health.startupMs.`,
    }
  );
}

function unaccepted({ name, port, probe, log }: Evidence): Cause | undefined {
  if (probe !== UNACCEPTED) return undefined;
  return (
    causeInLog(log) ?? {
      cause: `${name} listens on port ${port}, but no process accepts its connections`,
      hint: 'Its workers did not start, or are busy: read the end of its log. If they need longer, raise health.startupMs in config.json.',
    }
  );
}

const isAtPort = (sockets: readonly ListeningSocket[], port: number): boolean =>
  sockets.some((socket) => socket.port === port && !socket.isLoopback);

/** It listens, but not where it is looked for. */
function misplaced({ name, port, sockets }: Evidence): Cause | undefined {
  if (port === undefined) return undefined;
  const listening = listeningSockets(sockets ?? '');
  if (listening.length === 0 || isAtPort(listening, port)) return undefined;
  if (listening.some((socket) => socket.port === port))
    return {
      cause: `${name} listens on 127.0.0.1:${port}, which nobody outside its container reaches`,
      hint: `Let it listen on 0.0.0.0:${port}. Its host is an option in command (such as --host 0.0.0.0) or stands in its code, in the call that listens: listen(${port}, '0.0.0.0'), run(host='0.0.0.0').`,
    };
  const open = listening.filter(({ isLoopback }) => !isLoopback).map((socket) => socket.port);
  if (open.length === 0) {
    const ports = portsText(listening.map((socket) => socket.port));
    return {
      cause: `${name} listens on 127.0.0.1 at port ${ports}, which nobody outside its container reaches`,
      hint: `Let it listen on 0.0.0.0 at port ${port}, the port of config.json (the variable PORT holds it).`,
    };
  }
  return {
    cause: `${name} listens on port ${portsText(open)}, not on ${port}, the port of config.json`,
    hint: `Set port in config.json to ${open[0]}, or let it listen on the port in the variable PORT.`,
  };
}

function silent(
  { name, probe }: Evidence,
  port: number,
  listening: readonly ListeningSocket[],
): Cause | undefined {
  if (!isAtPort(listening, port) || !/^no answer|^no TCP/.test(probe)) return undefined;
  return {
    cause: `${name} listens on port ${port}, but does not answer in time`,
    hint: 'Read the end of its log. If an answer takes longer, raise health.timeoutMs in config.json.',
  };
}

const portsText = (ports: readonly number[]): string => [...new Set(ports)].join(', ');
