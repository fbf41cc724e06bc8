import { connectEngine, EngineError, type EngineInfo } from '#libs/engine';
import { ApiError } from '#libs/http';
import {
  DOCKER_SOCKET,
  readHostKey,
  SshError,
  type SshMachine,
  type SshPool,
  type SshTarget,
  targetAddress,
  type WayTo,
} from '#libs/ssh';
import {
  clockAheadMs,
  freeBytesIn,
  listeningPortsIn,
  modeIn,
  unchangeableIn,
} from '../domain/host-answers.js';
import type { SeenHost } from '../domain/machine-problems.js';
import type { EngineFacts, HostKey, NodeAddress, SshPlace } from '../domain/node.js';
import { installDocker, type RunThere } from '../install-docker.js';
import type { Machines, PinnedMachine, SeenMachine } from '../ports.js';
import { limitProbe } from './limit-probe.js';

const asMachine = ({ address, sshPort, sshUser, login, ...key }: PinnedMachine): SshMachine => ({
  ...{ host: address, port: sshPort, user: sshUser, login },
  ...{ hostKeyFingerprint: key.hostKeyFingerprint, hostKeyType: key.hostKeyType },
});

const LOOK_MS = 10_000;
/** Packages are fetched and unpacked. */
const INSTALL_STEP_MS = 600_000;

const targetOf = (machine: PinnedMachine, jump: PinnedMachine | undefined): SshTarget => ({
  ...asMachine(machine),
  jump: jump && asMachine(jump),
});

/** Machines over SSH. What goes wrong there is the caller's to mend: 422 with the code of what failed. */
export class SshMachines implements Machines {
  constructor(
    /** Of one machine, for as long as something is done there: groups of a user count from the next login on. */
    private readonly openPool: () => SshPool,
    private readonly now: () => number = Date.now,
  ) {}

  async hostKey(place: SshPlace, wanted: string | undefined, jump?: PinnedMachine): Promise<HostKey> {
    const to: WayTo = { host: place.address, port: place.sshPort, jump: jump && asMachine(jump) };
    const { fingerprint, type } = await orUnusable(readHostKey(to, wanted), to.jump);
    return { hostKeyFingerprint: fingerprint, hostKeyType: type };
  }

  async inspect(
    machine: PinnedMachine & Pick<NodeAddress, 'socketPath'>,
    jump?: PinnedMachine,
  ): Promise<SeenMachine> {
    const target = targetOf(machine, jump);
    const { socketPath } = machine;
    return this.withPool(async (ssh) => {
      const engine = connectEngine({ ssh, target, socketPath });
      try {
        const said = await orEngineProblem(engine.info(), target.jump);
        const directory = said.info?.rootDirectory ?? '/';
        const host = await this.host(ssh, target, { socketPath: socketPath ?? DOCKER_SOCKET, directory });
        if (said.info === undefined) return { engineProblem: said.problem, host };
        return { engine: said.info, facts: factsOf(said.info), host };
      } finally {
        await engine.close();
      }
    });
  }

  async installDocker(machine: PinnedMachine, jump?: PinnedMachine): Promise<void> {
    const target = targetOf(machine, jump);
    await this.withPool((ssh) => {
      const run: RunThere = (argv) =>
        orUnusable(ssh.exec(target, argv, { timeoutMs: INSTALL_STEP_MS }), target.jump);
      return installDocker(run, machine.sshUser);
    });
  }

  private async withPool<T>(work: (ssh: SshPool) => Promise<T>): Promise<T> {
    const ssh = this.openPool();
    try {
      return await work(ssh);
    } finally {
      await ssh.close();
    }
  }

  /** What the machine does not say is left out: an account may be unable to run commands. */
  private async host(
    ssh: SshPool,
    target: SshTarget,
    { socketPath, directory }: { readonly socketPath: string; readonly directory: string },
  ): Promise<SeenHost> {
    const [df, date, stat, tables, probe] = await Promise.all([
      this.print(ssh, target, ['df', '-Pk', directory]),
      this.date(ssh, target),
      this.print(ssh, target, ['stat', '-L', '-c', '%a', socketPath]),
      this.print(ssh, target, ['cat', '/proc/net/tcp', '/proc/net/tcp6']),
      this.print(ssh, target, limitProbe),
    ]);
    return {
      freeBytes: freeBytesIn(df),
      clockAheadMs: date,
      socketMode: modeIn(stat),
      listeningPorts: listeningPortsIn(tables),
      unchangeable: unchangeableIn(probe),
    };
  }

  private async date(ssh: SshPool, target: SshTarget): Promise<number | undefined> {
    const askedAt = this.now();
    const printed = await this.print(ssh, target, ['date', '+%s']);
    return clockAheadMs(printed, askedAt, this.now());
  }

  /** A machine without IPv6 has no table of it: what was printed counts, whatever the exit code. */
  private async print(ssh: SshPool, target: SshTarget, argv: readonly string[]): Promise<string> {
    return ssh.exec(target, argv, { timeoutMs: LOOK_MS }).then(
      ({ stdout }) => stdout,
      () => '',
    );
  }
}

const factsOf = ({ cpus, memoryBytes, version, unenforced, architecture }: EngineInfo): EngineFacts => ({
  ...{ cpus, memoryBytes, engineVersion: version, unenforced, architecture },
});

/** Without SSH nothing can be said; an engine that cannot be used is one problem among others. */
async function orEngineProblem(
  work: Promise<EngineInfo>,
  jump: SshMachine | undefined,
): Promise<{ readonly info?: EngineInfo; readonly problem?: SeenMachine['engineProblem'] }> {
  try {
    return { info: await work };
  } catch (error) {
    const cause = actionable(error);
    if (!(cause instanceof EngineError)) throw unusable(error, jump);
    const { code, message, hint } = cause;
    return { problem: { code, message, hint } };
  }
}

async function orUnusable<T>(work: Promise<T>, jump: SshMachine | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unusable(error, jump);
  }
}

function unusable(error: unknown, jump: SshMachine | undefined): unknown {
  const cause = actionable(error);
  if (cause === undefined) return error;
  const { code, message, hint } = cause;
  const told = { status: 422, code, message, hint };
  return new ApiError(isOfJump(cause, jump) ? { ...told, code: 'SSH_JUMP_LOGIN_REFUSED' } : told, {
    cause: error,
  });
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
