import Docker from 'dockerode';
import { DOCKER_SOCKET, SshError, type SshPool, type SshTarget } from '#libs/ssh';
import { ChannelAgent, QuietAgent, UNLIMITED } from './channel-agent.js';
import { Engine } from './engine.js';
import { socketProblem } from './socket-problem.js';

export type EngineAddress =
  | { readonly socketPath: string }
  | {
      readonly ssh: SshPool;
      readonly target: SshTarget;
      /** The engine's socket on the machine; /var/run/docker.sock unless told. */
      readonly socketPath?: string;
    };

/** An engine on this machine, or on another over SSH. Connects at the first call. */
export function connectEngine(address: EngineAddress): Engine {
  if (!('ssh' in address)) {
    const agent = new QuietAgent({ keepAlive: true, maxFreeSockets: 4 });
    // A variable, since the types of dockerode know no `agent`.
    const options = { socketPath: address.socketPath, agent };
    return new Engine(new Docker(options), () => agent.destroy());
  }
  const open = channelOpener(address.ssh, address.target, address.socketPath ?? DOCKER_SOCKET);
  const [agent, watching] = [new ChannelAgent(open), new ChannelAgent(open, UNLIMITED)];
  // All given, so that a DOCKER_HOST of the environment leads nowhere else.
  const client = (own: ChannelAgent): Docker => {
    const options = { protocol: 'http' as const, host: 'engine', port: 80, agent: own };
    return new Docker(options);
  };
  const close = (): void => [agent, watching].forEach((one) => one.destroy());
  return new Engine(client(agent), close, client(watching));
}

/** Forwards the socket; where sshd refuses that, by the engine's own client on the machine. */
function channelOpener(ssh: SshPool, target: SshTarget, socketPath: string) {
  let forwardingRefused = false;
  return async () => {
    if (!forwardingRefused) {
      try {
        return await ssh.openSocketChannel(target, socketPath);
      } catch (error) {
        if (!(error instanceof SshError) || error.code !== 'SSH_CHANNEL_REFUSED') throw error;
        const problem = await socketProblem(ssh, target, socketPath);
        if (problem !== undefined) throw problem;
      }
    }
    const stream = await ssh.openDialStdio(target, socketPath);
    // A refusal is also what an engine that is down looks like: only an answer shows that this way is needed.
    stream.once('data', () => (forwardingRefused = true));
    return stream;
  };
}
