/** A container that runs, as its engine says. */
export interface Container {
  /** The whole id. */
  readonly id: string;
  readonly name: string;
  /** Its first process, as the node numbers processes. */
  readonly pid: number;
  readonly restarts: number;
  readonly health?: string;
  /** Its service asks for the most that it uses within 100 ms. */
  readonly peaks?: boolean;
  /** Undefined of a stranger's. */
  readonly instance?: InstanceOf;
}

export interface InstanceOf {
  readonly appId: string;
  readonly service: string;
  readonly release: string;
}

/** One container, as `inspect` tells of it. */
export interface InspectedContainer {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly pid: number;
  readonly restartCount: number;
  readonly health: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** Something happened to a container: start, die, destroy, oom, update, `health_status: healthy` and others. */
export interface ContainerEvent {
  readonly id: string;
  readonly action: string;
}

export type Containers = ReadonlyMap<string, Container>;

/** What is known after an event, and whether the engine must be asked for the rest. */
export interface AfterEvent {
  readonly containers: Containers;
  readonly mustInspect: boolean;
}

/** What changes more than its health. Podman names some of them in its own way. */
const TO_INSPECT: ReadonlySet<string> = new Set(['start', 'restart', 'rename', 'update', 'unpause', 'oom']);
const ENDS: ReadonlySet<string> = new Set(['die', 'died', 'destroy', 'remove']);
const HEALTH = /^health_status: *(\S+)/;

export function afterEvent(containers: Containers, { id, action }: ContainerEvent): AfterEvent {
  if (ENDS.has(action)) return { containers: without(containers, id), mustInspect: false };
  const known = containers.get(id);
  const [, health] = HEALTH.exec(action) ?? [];
  if (health !== undefined && known !== undefined)
    return { containers: new Map(containers).set(id, { ...known, health }), mustInspect: false };
  return { containers, mustInspect: TO_INSPECT.has(action) };
}

/** What is known after an answer; undefined of one that is gone. */
export function afterInspection(
  containers: Containers,
  id: string,
  found: InspectedContainer | undefined,
): Containers {
  if (found === undefined || !found.running || found.pid <= 0) return without(containers, id);
  const { name, pid, restartCount: restarts, health, labels } = found;
  const instance = instanceOf(labels);
  return new Map(containers).set(id, {
    ...{ id, name, pid, restarts },
    ...(health !== undefined && { health }),
    ...(instance && labels['slipway.cpu-peaks'] === 'true' && { peaks: true }),
    ...(instance && { instance }),
  });
}

/** The whole list says which are not there any more, and which are to be asked for. */
export function afterList(
  containers: Containers,
  running: readonly string[],
): { readonly containers: Containers; readonly toInspect: readonly string[] } {
  const listed = new Set(running);
  return {
    containers: new Map([...containers].filter(([id]) => listed.has(id))),
    toInspect: running.filter((id) => !containers.has(id)),
  };
}

/** By the labels that the deployer gives to the instances that it starts. */
function instanceOf(labels: Readonly<Record<string, string>>): InstanceOf | undefined {
  const { 'slipway.app': appId, 'slipway.service': service, 'slipway.release': release } = labels;
  // An image that was built here has the first two, and a stranger's container of it inherits them.
  if (appId === undefined || service === undefined || release === undefined) return undefined;
  return { appId, service, release };
}

function without(containers: Containers, id: string): Containers {
  if (!containers.has(id)) return containers;
  const rest = new Map(containers);
  rest.delete(id);
  return rest;
}
