/** Cores and mebibytes. */
export interface Resources {
  readonly cpu: number;
  readonly memoryMiB: number;
}

/** The live reservations on a node, summed and counted. */
export interface Reserved extends Resources {
  /** How many are of the service that is to be placed. */
  readonly sameService: number;
}

export const NOTHING_RESERVED: Reserved = { cpu: 0, memoryMiB: 0, sameService: 0 };

/** A node as placing sees it. */
export interface Candidate {
  readonly name: string;
  readonly state: string;
  readonly total: Resources;
  readonly reserved: Reserved;
  /** Host ports for instances, both ends included. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Reserved for instances, or found to be in use by something else. */
  readonly takenPorts: ReadonlySet<number>;
  /** The port that was handed out last; undefined where none was yet. */
  readonly portBefore?: number;
}

export interface Wish {
  readonly resources: Resources;
  /** `false`: no host port is reserved. */
  readonly needsPort?: boolean;
  /** The node on which the volumes of the service lie: no other one will do. */
  readonly onNode?: string;
  /** Taken only when nothing else fits. */
  readonly avoidNodes: readonly string[];
  /** Where the instance has just failed: never taken. */
  readonly exceptNodes?: readonly string[];
}

export interface Place {
  readonly node: string;
  /** Of a worker, none. */
  readonly port?: number;
  /** 0-100, 100 is idle. */
  readonly score: number;
}

export interface Refusal {
  readonly node: string;
  readonly reason: string;
}

export type Placement =
  | { readonly place: Place; readonly refusals?: undefined }
  | { readonly place?: undefined; readonly refusals: readonly Refusal[] };

/** Points that each instance of the same service on a node costs it, so that a service spreads. */
const SPREAD_PENALTY = 10;
/** Sums of binary fractions: 0.1 + 0.2 fits into 0.3. */
const EPSILON = 1e-9;

/** Why the node cannot take it; undefined when it can. */
function refusalOf(node: Candidate, wish: Wish): string | undefined {
  const { resources, needsPort = true, onNode, exceptNodes = [] } = wish;
  const { state, total, reserved } = node;
  if (onNode !== undefined && node.name !== onNode) return `the volumes of the service are on ${onNode}`;
  const { cpu, memoryMiB } = resources;
  if (state !== 'ready') return `is ${state}`;
  if (exceptNodes.includes(node.name)) return 'has just failed the instance';
  if (reserved.cpu + cpu > total.cpu + EPSILON) return lack('CPU', 'cores', cpu, reserved.cpu, total.cpu);
  if (reserved.memoryMiB + memoryMiB > total.memoryMiB)
    return lack('memory', 'MiB', memoryMiB, reserved.memoryMiB, total.memoryMiB);
  return needsPort && nextFreePort(node) === undefined
    ? `no free port: ${node.takenPorts.size} of ${node.firstPort}-${node.lastPort} are taken`
    : undefined;
}

function lack(what: string, unit: string, needed: number, used: number, total: number): string {
  const [n, u, t] = [needed, used, total].map((value) => Number(value.toFixed(3)));
  return `not enough ${what}: needed ${n}, used ${u} of ${t} ${unit}`;
}

/**
 * The next free port after the one that was handed out last, round and round. So a port that was given back rests for as
 * long as the others last: whoever still uses it, such as a replica that stood still for a while, meets nobody there.
 */
function nextFreePort({ firstPort, lastPort, takenPorts, portBefore }: Candidate): number | undefined {
  const size = lastPort - firstPort + 1;
  const isWithin = portBefore !== undefined && portBefore >= firstPort && portBefore <= lastPort;
  const start = isWithin ? portBefore - firstPort + 1 : 0;
  for (let step = 0; step < size; step += 1) {
    const port = firstPort + ((start + step) % size);
    if (!takenPorts.has(port)) return port;
  }
  return undefined;
}

/**
 * The mean share of CPU and memory that stays free with the instance on it, as 0-100: Kubernetes' LeastAllocated score
 * (kube-scheduler, NodeResourcesFit), less SPREAD_PENALTY for each instance of the same service.
 */
export function score({ total, reserved }: Candidate, wished: Resources): number {
  const free = (kind: keyof Resources): number =>
    Math.max(0, 1 - (reserved[kind] + wished[kind]) / total[kind]);
  const allocation = (100 * (free('cpu') + free('memoryMiB'))) / 2;
  return Math.max(0, Math.round((allocation - SPREAD_PENALTY * reserved.sameService) * 10) / 10);
}

/** The best node with its next free port, or what ruled out each. Equal scores go by name, so that a replay agrees. */
export function place(wish: Wish, nodes: readonly Candidate[]): Placement {
  const refusals = nodes.flatMap((node) => {
    const reason = refusalOf(node, wish);
    return reason === undefined ? [] : [{ node: node.name, reason }];
  });
  const refused = new Set(refusals.map(({ node }) => node));
  const fitting = nodes.filter(({ name }) => !refused.has(name));
  const wanted = fitting.filter(({ name }) => !wish.avoidNodes.includes(name));
  const ranked = (wanted.length > 0 ? wanted : fitting)
    .map((node) => ({ node, score: score(node, wish.resources) }))
    .sort((a, b) => b.score - a.score || a.node.name.localeCompare(b.node.name, 'en'));
  const [best] = ranked;
  if (best === undefined) return { refusals };
  const port = wish.needsPort === false ? undefined : nextFreePort(best.node);
  return { place: { node: best.node.name, port, score: best.score } };
}
