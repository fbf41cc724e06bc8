import type { PictureChange, PictureInstance, PictureService } from './domain/picture.js';

export interface TrafficHandlers {
  /** First, and again where changes were missed: replaces all that is known. */
  onSnapshot(
    revision: number,
    services: readonly PictureService[],
    instances: readonly PictureInstance[],
  ): Promise<void>;
  /** In the order of their revisions, none left out. `revision` is that of the last one. */
  onChanges(revision: number, changes: readonly PictureChange[]): Promise<void>;
}

/** Says what runs where, one call after another. A call that throws is made again. */
export interface TrafficSource {
  start(handlers: TrafficHandlers): Promise<void>;
  /** From a new snapshot on. */
  restart(): Promise<void>;
  /** Resolves after the call that runs. */
  stop(): Promise<void>;
}

/** The lease by which others know that this gateway carries traffic, and by which revision of the registry. */
export interface CarrierLease {
  /** From now on drains wait for this gateway; it has applied nothing yet. */
  register(): Promise<void>;
  /** False where it has lapsed: drains went on without this gateway. */
  renew(): Promise<boolean>;
  /**
   * No request is sent any more by what an earlier revision said. `busy` are the instances that drain and have requests in
   * flight. False as with `renew`.
   */
  applied(revision: number, busy: readonly string[]): Promise<boolean>;
  release(): Promise<void>;
}

export interface Addresses {
  /** The IP address of each of these hosts; those that cannot be found are missing. */
  of(hosts: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
