import { z } from 'zod';
import { behaviourOf } from './behaviour.js';
import { Container } from './container.js';
import { ContainerEvents } from './container-events.js';
import { EngineAnswer, notSimulated } from './engine-error.js';
import type { Image } from './images.js';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const LEAST_MEMORY_BYTES = 6 * 1024 ** 2;
const SHORTEST_ID = 12;

/** All that a container is created with here; a field more is not simulated. */
const createBodySchema = z.strictObject({
  name: z.string().optional(),
  Image: z.string(),
  Env: z.array(z.string()).default([]),
  Labels: z.record(z.string(), z.string()).default({}),
  ExposedPorts: z.record(z.string(), z.strictObject({})).default({}),
  Cmd: z.array(z.string()).optional(),
  StopSignal: z.string().optional(),
  User: z.string().optional(),
  WorkingDir: z.string().optional(),
  Healthcheck: z.strictObject({ Test: z.tuple([z.literal('NONE')]) }).optional(),
  HostConfig: z.strictObject({
    PortBindings: z.record(z.string(), z.array(z.strictObject({ HostPort: z.string() }))).default({}),
    RestartPolicy: z.strictObject({ Name: z.enum(['no', 'unless-stopped']) }).default({ Name: 'no' }),
    Memory: z.number().default(0),
    MemorySwap: z.number().default(0),
    NanoCpus: z.number().default(0),
    PidsLimit: z.number().optional(),
    Privileged: z.literal(false).default(false),
    CapDrop: z.array(z.string()).optional(),
    CapAdd: z.array(z.string()).optional(),
    SecurityOpt: z.array(z.string()).optional(),
    Init: z.boolean().optional(),
    ReadonlyRootfs: z.boolean().optional(),
    Tmpfs: z.record(z.string(), z.string()).optional(),
    Mounts: z
      .array(z.strictObject({ Type: z.literal('volume'), Source: z.string(), Target: z.string() }))
      .optional(),
    LogConfig: z.unknown(),
  }),
});

/** dockerode says all of the body in the query too. */
export const createFields: readonly string[] = Object.keys(createBodySchema.shape);

/** The containers of one engine, and who has which host port. */
export class Containers {
  readonly events = new ContainerEvents();
  private readonly byId = new Map<string, Container>();
  private readonly byName = new Map<string, Container>();
  private readonly byPort = new Map<number, Container>();

  constructor(
    private readonly cpus: number,
    private readonly imageOf: (ref: string) => Image,
  ) {}

  create(name: string, body: unknown): Container {
    const parsed = createBodySchema.safeParse(body);
    if (!parsed.success) throw notSimulated(`such a container: ${z.prettifyError(parsed.error)}`);
    if (!NAME.test(name))
      throw new EngineAnswer(
        400,
        `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      );
    const { Image: ref, Env, Labels, StopSignal = 'SIGTERM', HostConfig } = parsed.data;
    const image = this.imageOf(ref);
    this.checkLimits(HostConfig);
    const taken = this.byName.get(name);
    if (taken !== undefined)
      throw new EngineAnswer(
        409,
        `Conflict. The container name "/${name}" is already in use by container "${taken.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    const labels = { ...image.labels, ...Labels };
    const [binding] = Object.values(HostConfig.PortBindings).flat();
    const config = {
      ...{ name, image: ref, imageId: image.id, labels, env: Env, stopSignal: StopSignal },
      hostPort: binding && Number(binding.HostPort),
      behaviour: behaviourOf(Env, labels),
    };
    const container: Container = new Container(
      config,
      (exitCode) => this.events.emit({ action: 'die', id: container.id, exitCode }),
      () => this.events.emit({ action: 'start', id: container.id }),
    );
    container.restartPolicy = HostConfig.RestartPolicy.Name;
    this.byId.set(container.id, container);
    this.byName.set(name, container);
    return container;
  }

  /** By name, id, or the beginning of an id. */
  find(nameOrId: string): Container {
    const found = this.byId.get(nameOrId) ?? this.byName.get(nameOrId) ?? this.byShortId(nameOrId);
    if (found === undefined) throw new EngineAnswer(404, `No such container: ${nameOrId}`);
    return found;
  }

  async start(container: Container): Promise<void> {
    const { hostPort, name } = container.config;
    const holder = hostPort === undefined ? undefined : this.byPort.get(hostPort);
    if (holder !== undefined && holder !== container && holder.status !== 'exited')
      throw new EngineAnswer(
        500,
        `driver failed programming external connectivity on endpoint ${name}: Bind for 0.0.0.0:${hostPort} failed: port is already allocated`,
      );
    if (hostPort !== undefined) this.byPort.set(hostPort, container);
    try {
      await container.start();
    } catch (error) {
      this.givePortBack(container);
      throw error;
    }
  }

  remove(container: Container): void {
    container.dispose();
    this.givePortBack(container);
    this.byId.delete(container.id);
    this.byName.delete(container.config.name);
    this.events.emit({ action: 'destroy', id: container.id });
  }

  /** Those with all of these labels, each `name` or `name=value`; the newest first. */
  list(labels: readonly string[], all: boolean): readonly Container[] {
    const wanted = labels.map((label) => /^([^=]*)(?:=(.*))?$/s.exec(label) ?? []);
    const fits = ({ config }: Container): boolean =>
      wanted.every(([, name = '', value]) =>
        value === undefined ? name in config.labels : config.labels[name] === value,
      );
    return [...this.byId.values()].filter((c) => (all || c.running) && fits(c)).reverse();
  }

  uses(imageId: string): Container | undefined {
    return [...this.byId.values()].find(({ config }) => config.imageId === imageId);
  }

  /** How much there is; all zero when nothing is left over. */
  counts(): Readonly<Record<'containers' | 'names' | 'ports', number>> {
    return { containers: this.byId.size, names: this.byName.size, ports: this.byPort.size };
  }

  private byShortId(prefix: string): Container | undefined {
    if (prefix.length < SHORTEST_ID || !/^[0-9a-f]+$/.test(prefix)) return undefined;
    return [...this.byId.values()].find(({ id }) => id.startsWith(prefix));
  }

  private givePortBack(container: Container): void {
    const { hostPort } = container.config;
    if (hostPort !== undefined && this.byPort.get(hostPort) === container) this.byPort.delete(hostPort);
  }

  private checkLimits({ Memory, NanoCpus }: { readonly Memory: number; readonly NanoCpus: number }): void {
    if (Memory > 0 && Memory < LEAST_MEMORY_BYTES)
      throw new EngineAnswer(400, 'Minimum memory limit allowed is 6MB');
    if (NanoCpus > this.cpus * 1e9)
      throw new EngineAnswer(
        400,
        `Range of CPUs is from 0.01 to ${this.cpus}.00, as there are only ${this.cpus} CPUs available`,
      );
  }
}
