import { connectEngine, EngineError } from '#libs/engine';
import { ApiError } from '#libs/http';
import { readHostKey, SshError, type SshMachine, type SshPool, targetAddress, type WayTo } from '#libs/ssh';
import type { EngineFacts, HostKey, NodeAddress, SshPlace } from '../domain/node.js';
import type { Machines, PinnedMachine } from '../ports.js';

const asMachine = ({ address, sshPort, sshUser, login, ...key }: PinnedMachine): SshMachine => ({
  ...{ host: address, port: sshPort, user: sshUser, login },
  ...{ hostKeyFingerprint: key.hostKeyFingerprint, hostKeyType: key.hostKeyType },
});

/** Machines over SSH. What goes wrong there is the caller's to mend: 422 with the code of what failed. */
export class SshMachines implements Machines {
  constructor(private readonly ssh: SshPool) {}

  async hostKey(place: SshPlace, wanted: string | undefined, jump?: PinnedMachine): Promise<HostKey> {
    const to: WayTo = { host: place.address, port: place.sshPort, jump: jump && asMachine(jump) };
    const { fingerprint, type } = await orUnusable(readHostKey(to, wanted), to.jump);
    return { hostKeyFingerprint: fingerprint, hostKeyType: type };
  }

  async facts(
    machine: PinnedMachine & Pick<NodeAddress, 'socketPath'>,
    jump?: PinnedMachine,
  ): Promise<EngineFacts> {
    const target = { ...asMachine(machine), jump: jump && asMachine(jump) };
    const engine = connectEngine({ ssh: this.ssh, target, socketPath: machine.socketPath });
    try {
      const { cpus, memoryBytes, version, unenforced } = await orUnusable(engine.info(), target.jump);
      return { cpus, memoryBytes, engineVersion: version, unenforced };
    } finally {
      await engine.close();
    }
  }
}

async function orUnusable<T>(work: Promise<T>, jump: SshMachine | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const cause = actionable(error);
    if (cause === undefined) throw error;
    const { code, message, hint } = cause;
    const told = { status: 422, code, message, hint };
    throw new ApiError(isOfJump(cause, jump) ? { ...told, code: 'SSH_JUMP_LOGIN_REFUSED' } : told, {
      cause: error,
    });
  }
}

/** Whoever has several logins for each machine must know which of them is refused. */
const isOfJump = ({ code, details }: SshError | EngineError, jump: SshMachine | undefined): boolean =>
  jump !== undefined && code === 'SSH_LOGIN_REFUSED' && details['address'] === targetAddress(jump);

/** An engine that cannot be reached hides why: the SSH error below it is what its owner can act on. */
function actionable(error: unknown): SshError | EngineError | undefined {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause)
    if (inner instanceof SshError) return inner;
  return error instanceof EngineError ? error : undefined;
}
