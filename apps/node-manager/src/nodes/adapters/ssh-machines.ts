import { connectEngine, EngineError } from '#libs/engine';
import { ApiError } from '#libs/http';
import { readHostKeyFingerprint, SshError, type SshPool } from '#libs/ssh';
import type { NodeAddress, NodeFacts } from '../domain/node.js';
import type { Login, Machines } from '../ports.js';

/** Machines over SSH. What goes wrong there is the caller's to mend: 422 with the code of what failed. */
export class SshMachines implements Machines {
  constructor(private readonly ssh: SshPool) {}

  hostKeyFingerprint({ address, sshPort }: NodeAddress): Promise<string> {
    return orUnusable(readHostKeyFingerprint(address, sshPort));
  }

  async facts(node: NodeAddress, hostKeyFingerprint: string, login: Login): Promise<NodeFacts> {
    const { address: host, sshPort: port, sshUser: user, socketPath } = node;
    const target = { host, port, user, hostKeyFingerprint, login };
    const engine = connectEngine({ ssh: this.ssh, target, socketPath });
    try {
      const { cpus, memoryBytes, version } = await orUnusable(engine.info());
      return { hostKeyFingerprint, cpus, memoryBytes, engineVersion: version };
    } finally {
      await engine.close();
    }
  }
}

async function orUnusable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const cause = innermostSshError(error);
    if (cause === undefined) throw error;
    const { code, message, hint } = cause;
    throw new ApiError({ status: 422, code, message, hint }, { cause: error });
  }
}

/** An engine that cannot be reached hides why: the SSH error below it is what its owner can act on. */
function innermostSshError(error: unknown): SshError | EngineError | undefined {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause)
    if (inner instanceof SshError) return inner;
  return error instanceof EngineError ? error : undefined;
}
