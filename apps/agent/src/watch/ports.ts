import type { ObservedNode } from '#libs/observations';
import type { Verdict } from '../liveness/domain/verdict.js';
import type { NodeReach } from '../liveness/ports.js';
import type { ContainerEvent, Containers, InspectedContainer } from './domain/containers.js';
import type { PortRange } from './domain/listening.js';
import type { Look } from './domain/look.js';
import type { Topology } from './domain/topology.js';

/** A container to be read. */
export interface WatchedContainer {
  /** The whole id. */
  readonly id: string;
  /** Its first process, as the node numbers processes. */
  readonly pid: number;
  /** Whether its CPU is read ten times a second. */
  readonly peaks?: boolean;
}

/** A lasting way to one node: a small shell loop there, which answers when it is asked. */
export interface NodeChannel {
  /**
   * Reads the counters of now. Looks do not overlap: one asked for while another is under way waits for it. Throws
   * NodeChannelError where the node does not answer within the time, answers in pieces that do not make a whole, or the
   * channel is gone; after a late answer the channel goes on, and the late one is thrown away.
   */
  look(options: { readonly isSlow: boolean; readonly timeoutMs: number }): Promise<Look>;
  /** What the machine is made of. Throws as `look` does. */
  topology(options: { readonly timeoutMs: number }): Promise<Topology>;
  /** The ports of the range on which something listens. Throws as `look` does. */
  listening(range: PortRange, options: { readonly timeoutMs: number }): Promise<readonly number[]>;
  /**
   * From the next look on these are read, whatever was read before. One without a process (0), or whose id is not
   * 64 hexadecimal digits, is not.
   */
  watch(containers: readonly WatchedContainer[]): void;
  /** Settled once the channel is gone, however it came to that. */
  readonly closed: Promise<void>;
  close(): void;
}

/** What an engine is, as `node.state` says it. */
export interface EngineAbout {
  readonly version: string;
  readonly images: number;
  readonly imageBytes: number;
  /** The names of the layers of its images; undefined until all were looked at. */
  readonly layers?: string;
}

/** The engine of one node. Every method throws where it does not answer. */
export interface WatchedEngine {
  /** The ids of the containers that run. */
  running(): Promise<readonly string[]>;
  /** Undefined where it is gone. */
  inspect(id: string): Promise<InspectedContainer | undefined>;
  /** Resolves once it listens; what comes from then on is missed by nobody. Ends or throws when the line does. */
  events(signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>>;
  about(): Promise<{ readonly about: EngineAbout; readonly imageIds: readonly string[] }>;
  /** As `EngineAbout` has them. Asks for each image that is new. */
  layersOf(imageIds: readonly string[]): Promise<string | undefined>;
  /** All of the limits or none of them; a restart keeps them. */
  updateLimits(id: string, limits: EngineLimits): Promise<void>;
  /** What it has to give to containers. */
  sizes(): Promise<{ readonly cpus: number; readonly memoryBytes: number }>;
}

/** Limits of a container by its engine; what is left out stays. */
export interface EngineLimits {
  /** CPUs; a half is 0.5. */
  readonly cpus?: number;
  /** As the kernel writes sets of CPUs. */
  readonly cpuset?: string;
  readonly memoryBytes?: number;
}

/** What a program on a node came to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** All that is asked of one node, over whatever leads there. */
export interface NodeAccess extends NodeReach {
  readonly engine: WatchedEngine;
  openChannel(): Promise<NodeChannel>;
  /** Runs a program there to its end. Throws where the node does not answer within the time. */
  run(argv: readonly string[], options: { readonly timeoutMs: number }): Promise<Ran>;
  /** Lets go of its connections, which may hang in a line that was cut; what comes next makes new ones. */
  reset(): void;
  close(): void;
}

/** A node that is watched, for whoever has something to do there. */
export interface NodeWay {
  readonly access: NodeAccess;
  readonly isUnreachable: boolean;
  /** It is known what runs there. */
  readonly isKnown: boolean;
  running(): Containers;
}

/** Who is told of what a node does. */
export interface Watchers {
  /** A second that was observed. */
  observed(second: ObservedNode): void;
  /** Once a second, whether it was observed or not, and at once when there is a new verdict. */
  stateOf(node: NodeStatus): void;
}

/** All that is known of a node beside its figures. */
export interface NodeStatus {
  readonly node: string;
  readonly fence: number;
  readonly verdict: Verdict | undefined;
  readonly engine: EngineAbout | undefined;
  /** The last that was read, also where it is some seconds old. */
  readonly sizes: ObservedNode['sizes'];
  readonly topology: Topology | undefined;
  /** Ports of its range on which something listens; undefined until it was looked at. */
  readonly listeningPorts: readonly number[] | undefined;
}
