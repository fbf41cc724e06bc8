import type { InstanceAddress, RequestMode, ServiceConfig, ServiceOutcome, TaskError } from '#libs/contracts';

/** An immutable build of a service. Never changed, only superseded. */
export interface Release {
  readonly id: string;
  /** sha256 of the source tree, hex. */
  readonly sourceDigest: string;
  /** `host/repository@sha256:...` */
  readonly image: string;
  readonly config: ServiceConfig;
}

/** A node as the load balancer assigned it; its login is kept apart and never in an event. */
export interface PlacedNode {
  readonly name: string;
  readonly address: string;
  /** Host port reserved for the instance. */
  readonly port: number;
  readonly score: number;
}

export interface InstanceRef {
  /** Container name; unique for ever. */
  readonly name: string;
  readonly node: string;
  readonly container: string;
}

interface Timed {
  /** The phase this step ended, and how long it took in milliseconds. */
  readonly phase: string;
  readonly ms: number;
}

/** What can happen to one task. Stored for ever: only ever add optional members. */
export type TaskEvent =
  | {
      readonly type: 'TaskAccepted';
      readonly data: {
        readonly token: string;
        readonly appId: string;
        readonly appName: string;
        readonly service: string;
        readonly mode: RequestMode;
        readonly source: { readonly blob: string; readonly container?: string };
        /** RFC 3339. */
        readonly deadlineAt: string;
      };
    }
  | {
      readonly type: 'SourceFetched';
      readonly data: Timed & { readonly sourceDigest: string; readonly config: ServiceConfig };
    }
  | { readonly type: 'ReleaseReused'; readonly data: { readonly release: Release } }
  | { readonly type: 'ImageBuilt'; readonly data: Timed & { readonly tag: string } }
  | { readonly type: 'ImagePushed'; readonly data: Timed & { readonly release: Release } }
  | { readonly type: 'ReleaseResolved'; readonly data: { readonly release: Release } }
  | {
      readonly type: 'NodeRequested';
      readonly data: { readonly ordinal: number; readonly accessToken: string };
    }
  | {
      readonly type: 'NodeAssigned';
      readonly data: Timed & { readonly ordinal: number; readonly node: PlacedNode };
    }
  | { readonly type: 'ImagePulled'; readonly data: Timed & { readonly ordinal: number } }
  | {
      readonly type: 'InstanceStarted';
      readonly data: Timed & {
        readonly ordinal: number;
        readonly name: string;
        readonly address: InstanceAddress;
      };
    }
  | { readonly type: 'InstanceHealthy'; readonly data: Timed & { readonly ordinal: number } }
  | {
      readonly type: 'PreviousStopped';
      readonly data: Timed & { readonly instances: readonly InstanceRef[] };
    }
  | {
      readonly type: 'InstancesStopped';
      readonly data: Timed & { readonly instances: readonly InstanceRef[] };
    }
  | { readonly type: 'StepFailed'; readonly data: { readonly step: string; readonly error: TaskError } }
  | { readonly type: 'LeftoversRemoved'; readonly data: { readonly instances: readonly string[] } }
  | { readonly type: 'TaskSucceeded'; readonly data: { readonly outcome: Exclude<ServiceOutcome, 'failed'> } }
  | { readonly type: 'TaskFailed'; readonly data: { readonly error: TaskError } };

export type TaskEventOf<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;
