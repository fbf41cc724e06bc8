import type { ImageLayers } from '#libs/contracts';
import type { Explanation } from './explanation.js';
import type { Measured } from './measured.js';
import type { Mix } from './mix.js';
import type { InstancesOnNode, Resources } from './resources.js';

export * from './resources.js';

/** A service, as instances are counted: names of services are unique within their application. */
export const serviceKey = (appId: string, service: string): string => `${appId}/${service}`;

/** A node as placing sees it. What is left out is not known, and never counted as zero. */
export interface Candidate {
  readonly name: string;
  readonly state: string;
  /** What instances may have: the node's capacity less what its owner keeps for others. */
  readonly total: Resources;
  /** The sum of the live reservations. */
  readonly reserved: Resources;
  /** The live reservations of each service, by `serviceKey`. */
  readonly instances: ReadonlyMap<string, InstancesOnNode>;
  /** Host ports for instances, both ends included. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Reserved for instances, or found to be in use by something else when an instance started. */
  readonly takenPorts: ReadonlySet<number>;
  /** The port that was handed out last; undefined where none was yet. */
  readonly portBefore?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly zone?: string;
  /** As images name it, such as amd64. */
  readonly architecture?: string;
  /** Left out where its agent has been silent: then the reservations alone count. */
  readonly measured?: Measured;
  /** How many times its CPU may be reserved where measured use leaves room; left out: once. */
  readonly overcommit?: number;
  /** Cores that were reserved within the last hour. */
  readonly youngCpu?: number;
  /** Ports of instances that ended lately: what listened there was not a stranger. */
  readonly endedPorts?: ReadonlySet<number>;
}

/** How long a failed instance counts against its node (Swarm: 5 minutes). */
export const FAILURE_WINDOW_MS = 300_000;

/** Where the instances of a service may run, by its config.json. */
export interface PlacementRules {
  /** `key=value` or `key!=value` of labels; `zone` is a key, too. */
  readonly constraints?: readonly string[];
  /** Services of the application: on a node that runs one of each. */
  readonly affinity?: readonly string[];
  /** Services of the application: on a node that runs none of them. */
  readonly antiAffinity?: readonly string[];
}

export interface Wish {
  readonly appId: string;
  readonly service: string;
  readonly resources: Resources;
  /** `false`: no host port is reserved. */
  readonly needsPort?: boolean;
  /** The node on which the volumes of the service lie: no other one will do. */
  readonly onNode?: string;
  /** Of a move that balances the load: the node that it was decided for. */
  readonly toNode?: string;
  /** Taken only when nothing else fits. */
  readonly avoidNodes: readonly string[];
  /** Where the instance has just failed: never taken. */
  readonly exceptNodes?: readonly string[];
  /** Kept for another instance that waits for room. */
  readonly heldNodes?: readonly string[];
  /** Whose login cannot be opened. */
  readonly unusableNodes?: readonly string[];
  /** Where another placing is taking room at this moment. */
  readonly busyNodes?: ReadonlySet<string>;
  readonly placement?: PlacementRules;
  /** What the image was built for, such as amd64; any node will do where it is left out. */
  readonly architecture?: string;
  /** Its image, by digest. */
  readonly image?: string;
  /** What its image consists of, as the registry has it. */
  readonly imageLayers?: ImageLayers;
}

/** What is known of the service that is to be placed, by the names of nodes. What is left out is not known. */
export interface KnownOfService {
  /** How often an instance of it failed on a node within the last FAILURE_WINDOW_MS. */
  readonly failures?: ReadonlyMap<string, number>;
  /** Those that have all of its image: an instance of it runs there, or did a short while ago. */
  readonly imageNodes?: ReadonlySet<string>;
}

/** What is known of the fleet as a whole, for one wish. */
export interface FleetFacts extends KnownOfService {
  /** `serviceKey` of the service that is to be placed. */
  readonly key: string;
  /** How many instances of the service run in each zone that has a node. */
  readonly inZone: ReadonlyMap<string, number>;
  /** The fewest of those. */
  readonly fewestInZone: number;
  /** What is usual to ask for. */
  readonly mix: Mix;
  /** The nodes on which a service of the same application runs. */
  readonly nodesOf: (service: string) => ReadonlySet<string>;
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

/** `spread` keeps nodes evenly loaded; `pack` fills nodes one after another, so that large instances find room. */
export type Policy = 'spread' | 'pack';

export type Placement = {
  /** Made when it is read, of the nodes as they are then: read it at most once, for a decision that is answered. */
  readonly explanation: Explanation;
} & (
  | {
      readonly place: Place;
      /** The best places in their order, that one first: for where others take room at the same time. */
      readonly places: readonly Place[];
      readonly refusals?: undefined;
    }
  | { readonly place?: undefined; readonly places?: undefined; readonly refusals: readonly Refusal[] }
);
