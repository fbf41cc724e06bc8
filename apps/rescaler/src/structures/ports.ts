import type { StoredHost } from './domain/host-state.js';

/** Of what somebody may say something: services, and structures of the State Database. */
export type SaidKind = 'service' | 'host' | 'user' | 'application' | 'container';

/** What people said, as it was read last. */
export interface SaidStructures {
  of<T>(kind: SaidKind, id: string): T | undefined;
  all<T>(kind: SaidKind): readonly (readonly [id: string, said: T])[];
}

export interface SaidVersion {
  readonly revision: number;
  readonly at: string;
  readonly principal: string;
  readonly reason?: string;
  /** Absent where it was taken back. */
  readonly said?: Readonly<Record<string, unknown>>;
}

export interface SaidBy {
  readonly principal: string;
  readonly reason?: string;
}

export interface StructureRecord {
  /** The last versions, the newest first; empty where nobody ever said anything. */
  history(kind: SaidKind, id: string, most: number): Promise<readonly SaidVersion[]>;
  /** By their ids. */
  saidOf(kind: SaidKind): Promise<readonly (readonly [id: string, version: SaidVersion])[]>;
  /** `change` gets what was said last, undefined where nothing holds, and gives undefined to take it back. */
  change(
    kind: SaidKind,
    id: string,
    by: SaidBy,
    change: (before: object | undefined) => object | undefined,
  ): Promise<void>;
}

/** Hosts as their holders wrote them last. */
export interface HostStates {
  all(): Promise<readonly StoredHost[]>;
  write(states: readonly (StoredHost & { readonly fence: number })[]): Promise<void>;
}

/** What services are, by the registry. */
export interface KnownServices {
  /** Undefined of one that the registry does not know. */
  find(of: {
    readonly appId: string;
    readonly service: string;
  }): Promise<
    { readonly vertical?: object; readonly starts?: { cpu: number; memoryMiB: number } } | undefined
  >;
}

export const STRUCTURE_RECORD = Symbol('StructureRecord');
export const HOST_STATES = Symbol('HostStates');
export const KNOWN_SERVICES = Symbol('KnownServices');
