import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { imageArchitecture } from '#libs/contracts';
import { connectEngine, type ContainerSpec, type Engine } from '#libs/engine';
import { loginFor, type RegistryLogins } from '#libs/registry';
import { unseal, type PrivateJwks } from '#libs/secrets';
import type { SshPool } from '#libs/ssh';
import { INSTALLATION_LABEL, TASK_LABEL } from '../domain/labels.js';
import type { SeenContainer } from '../domain/seen-container.js';
import { masked } from '../../secrets/domain/mask.js';
import type { WithoutSecrets } from '../../secrets/ports.js';
import { StepError } from '../../task/domain/task-error.js';
import type { RepairEngines } from '../../repair/ports.js';
import type {
  Architectures,
  ContainerRun,
  LaunchedContainer,
  LaunchSpec,
  NodeEngines,
  NodeVerdicts,
  OneOffSpec,
  StopPolicy,
  HealthCommandRun,
  ProbeResult,
} from '../ports.js';
import { HealthCommands } from './health-command.js';
import type { NodeLogins } from './node-logins.js';
import { type NodeLogin, type WayToEngine, wayTo } from './way-to-node.js';

interface NodeEnginesParts {
  readonly logins: NodeLogins;
  readonly ssh: SshPool;
  readonly registryLogins: RegistryLogins;
  readonly privateKeys: PrivateJwks;
  /** Which Slipway this is. */
  readonly installation: string;
  readonly withoutSecrets: WithoutSecrets;
  /** A node that is known not to answer is not asked. */
  readonly verdicts: NodeVerdicts;
}

/** Runtimes whose image has a command that nobody has written for config.json's: that one replaces it. */
const OWN_IMAGES: ReadonlySet<string> = new Set(['dockerfile', 'image']);
const LOG_LINES = 50;
/** A machine without IPv6 lacks the second: the first is told all the same. */
const READ_SOCKETS = ['cat', '/proc/net/tcp', '/proc/net/tcp6'];
const LOOK_MS = 5_000;

/** An engine, and the way to its machine. */
export interface ReachedEngine {
  readonly way: WayToEngine;
  readonly engine: Engine;
}

interface KeptEngine extends ReachedEngine {
  readonly sealedLogin: string;
}

/** On a container: which of its variables are secrets. */
const SECRETS_LABEL = 'slipway.secrets';

async function secretsOf(engine: Engine, container: string): Promise<readonly string[]> {
  const labels = (await engine.inspect(container))?.labels ?? {};
  const variables = labels[SECRETS_LABEL]?.split(',') ?? [];
  if (variables.length === 0) return [];
  const environment = await engine.environment(container);
  return variables.flatMap((name) => environment[name] ?? []);
}

const revealed = ({ secrets }: Pick<LaunchSpec, 'secrets'>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value.reveal()]));

/** The engines of the nodes that the load balancer assigned, each over its kept SSH connection. */
export class SshNodeEngines implements NodeEngines, RepairEngines {
  private readonly engines = new Map<string, KeptEngine>();
  private readonly healthCommands = new HealthCommands();

  constructor(private readonly parts: NodeEnginesParts) {}

  async pull(node: string, image: string, signal: AbortSignal, onProgress: () => void): Promise<void> {
    const engine = await this.engine(node);
    // Known by digest: what is there is the same, so the registry need not be asked.
    if (await engine.hasImage(image)) return;
    await engine.pull(image, await loginFor(this.parts.registryLogins, image), { signal, onProgress });
  }

  async launch(node: string, spec: LaunchSpec): Promise<LaunchedContainer> {
    const engine = await this.engine(node);
    const secrets = revealed(spec);
    try {
      const container = await engine.createContainer(this.containerSpec(spec, secrets));
      await engine.start(container);
      return { container, startedAt: new Date().toISOString() };
    } catch (error) {
      throw this.parts.withoutSecrets('start-instance', error, Object.values(secrets));
    }
  }

  async runToEnd(node: string, spec: OneOffSpec, signal: AbortSignal): Promise<number> {
    const engine = await this.engine(node);
    const before = await engine.inspect(spec.name);
    if (before !== undefined && before.labels[TASK_LABEL] !== spec.task) await engine.remove(before.id);
    const secrets = revealed(spec);
    try {
      const container = await engine.createContainer({
        ...this.containerSpec(spec, secrets),
        ...{ command: spec.command, containerPort: undefined, isOneOff: true },
      });
      const made = await engine.inspect(container);
      if (made?.status === 'created') await engine.start(container);
      return await engine.untilEnded(container, signal);
    } catch (error) {
      throw this.parts.withoutSecrets('run-release-command', error, Object.values(secrets));
    }
  }

  private containerSpec(spec: LaunchSpec, secrets: Readonly<Record<string, string>>): ContainerSpec {
    const { config } = spec;
    const variables = Object.keys(secrets).join(',');
    return {
      name: spec.name,
      image: spec.image,
      // Of every other runtime, the image has it.
      command: OWN_IMAGES.has(config.runtime ?? '') ? config.command : undefined,
      env: { ...config.env, ...secrets, ...(config.port !== undefined && { PORT: String(config.port) }) },
      labels: {
        ...spec.labels,
        [INSTALLATION_LABEL]: this.parts.installation,
        ...(variables !== '' && { [SECRETS_LABEL]: variables }),
      },
      containerPort: config.port,
      hostPort: spec.hostPort,
      memoryMiB: config.resources.memoryMiB,
      cpu: config.resources.cpu,
      stopSignal: config.stop.signal,
      user: config.user,
      workdir: config.workdir,
      tmpfs: config.tmpfs,
      volumes: (config.volumes ?? []).flatMap(({ path }, n) => {
        const volume = spec.volumes?.[n];
        return volume === undefined ? [] : [{ volume, path }];
      }),
      readOnly: config.readOnly,
      init: config.init,
    };
  }

  async firstExit(node: string, container: string, signal: AbortSignal): Promise<number> {
    return (await this.engine(node)).firstExit(container, signal);
  }

  async inspect(node: string, container: string): Promise<ContainerRun | undefined> {
    return (await this.engine(node)).inspect(container);
  }

  async logTail(node: string, container: string): Promise<string | undefined> {
    const engine = await this.engine(node);
    try {
      // What it was started with, not what the secrets are now.
      const [secrets, text] = await Promise.all([
        secretsOf(engine, container),
        engine.logs(container, { tail: LOG_LINES }),
      ]);
      return masked(text, secrets);
    } catch {
      return undefined;
    }
  }

  async architectures(node: string, image: string): Promise<Architectures | undefined> {
    try {
      const engine = await this.engine(node);
      const [ofImage, { architecture }] = await Promise.all([engine.imageArchitecture(image), engine.info()]);
      return { image: ofImage, node: imageArchitecture(architecture) };
    } catch {
      return undefined;
    }
  }

  async sockets(node: string, container: string): Promise<string | undefined> {
    try {
      const engine = await this.engine(node);
      const { output } = await engine.exec(container, READ_SOCKETS, AbortSignal.timeout(LOOK_MS));
      return output.includes('local_address') ? output : undefined;
    } catch {
      // It has ended, or its image has no `cat`.
      return undefined;
    }
  }

  async check(node: string, container: string, run: HealthCommandRun): Promise<ProbeResult> {
    const engine = await this.engine(node);
    return this.healthCommands.run(engine, container, run, () => secretsOf(engine, container));
  }

  async logs(node: string, container: string, tail: number): Promise<string> {
    return (await this.engine(node)).logs(container, { tail });
  }

  async followLogs(node: string, container: string, tail: number): Promise<Readable> {
    return (await this.engine(node)).followLogs(container, { tail });
  }

  async stopAndRemove(node: string, container: string, stop: StopPolicy): Promise<void> {
    const engine = await this.engine(node);
    await engine.stop(container, stop);
    await engine.remove(container);
  }

  async ownContainers(node: string): Promise<readonly SeenContainer[]> {
    const labels = { [INSTALLATION_LABEL]: this.parts.installation };
    const listed = await (await this.engine(node)).list({ labels });
    return listed.map((container) => ({ ...container, status: container.state }));
  }

  async container(node: string, id: string): Promise<SeenContainer | undefined> {
    const found = await (await this.engine(node)).inspect(id);
    return found && { ...found, createdAt: Date.parse(found.createdAt) };
  }

  async restart(node: string, container: string): Promise<void> {
    await (await this.engine(node)).start(container);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.engines.values()].map((e) => e.engine.close()));
    await this.parts.ssh.close();
  }

  /** Cuts the connections to a node that does not answer: they could hang for long after it is back. */
  disconnect(node: string): void {
    const kept = this.engines.get(node);
    if (kept !== undefined) this.parts.ssh.cut(kept.way.target);
  }

  /** Throws NODE_UNREACHABLE where its agent says so, or no login of it is known. */
  async reached(node: string): Promise<ReachedEngine> {
    const why = this.parts.verdicts.unreachable(node);
    if (why !== undefined) {
      throw new StepError({
        code: 'NODE_UNREACHABLE',
        message: `Node ${node} does not answer: ${why}.`,
        hint: `Look at the machine: slipway node check ${node}`,
      });
    }
    const assigned = await this.parts.logins.of(node);
    if (assigned === undefined) {
      throw new StepError({
        code: 'NODE_UNREACHABLE',
        message: `There is no login for node ${node}.`,
        hint: 'Check that the node is enrolled: slipway node ls',
      });
    }
    const kept = this.engines.get(node);
    if (kept?.sealedLogin === assigned.sealedLogin) return kept;
    const login = await unseal(this.parts.privateKeys, assigned.sealedLogin);
    // Each answer seals its login anew, and most are what they were: the channels that are open stay.
    const way = wayTo(assigned, login as NodeLogin);
    const isSame = kept !== undefined && isDeepStrictEqual(kept.way, way);
    const engine = isSame ? kept.engine : connectEngine({ ssh: this.parts.ssh, ...way });
    const reached = { sealedLogin: assigned.sealedLogin, way, engine };
    this.engines.set(node, reached);
    return reached;
  }

  private async engine(node: string): Promise<Engine> {
    return (await this.reached(node)).engine;
  }
}
