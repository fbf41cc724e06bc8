import type { AssignedNode, ImageLayers, InstanceReport, NodeRequest, ServiceReply } from '#libs/contracts';
import type { SpecAuthor } from '../../services/domain/spec-author.js';
import type { ServiceSpec } from '../../services/domain/spec.js';
import type { Release, TaskEvent } from './task.events.js';

/** What is written beside the events of a step, in its transaction. A list of them concatenates. */
export type SideWrite =
  | { readonly kind: 'request-node'; readonly request: NodeRequest }
  /** Its reservation is not needed any more. */
  | {
      readonly kind: 'release-node';
      readonly accessToken: string;
      /** Something else listens at its port. */
      readonly portTaken?: true;
      /** The instance could not start there for a reason of the node. */
      readonly failed?: true;
    }
  /** How to get onto a node, where the answer that says so is not stored yet. */
  | { readonly kind: 'keep-login'; readonly node: AssignedNode }
  | { readonly kind: 'add-release'; readonly release: Release; readonly layers?: ImageLayers }
  /** Its command has run, and is not run again. */
  | { readonly kind: 'release-command-done'; readonly release: Release }
  | { readonly kind: 'set-current-release'; readonly release: Release }
  | {
      readonly kind: 'add-instance';
      readonly report: InstanceReport;
      readonly stop: { readonly signal: string; readonly graceMs: number };
    }
  /** What a start may have left on a node that does not answer: it is removed when that does. */
  | { readonly kind: 'leave-behind'; readonly report: InstanceReport }
  /** Its volumes are on that node from now on. */
  | {
      readonly kind: 'place-volumes';
      readonly appId: string;
      readonly service: string;
      readonly node: string;
      readonly names: readonly string[];
    }
  | { readonly kind: 'remove-instance'; readonly name: string }
  | {
      readonly kind: 'set-instance-state';
      readonly name: string;
      /** It gets traffic; no more; or its node does not answer, and it is removed when that does. */
      readonly state: 'running' | 'draining' | 'abandoned';
      /** Of one that drains: why. */
      readonly reason?: string;
    }
  /** What is wanted of the service from now on. */
  | {
      readonly kind: 'change-spec';
      readonly spec: ServiceSpec;
      readonly author: SpecAuthor;
    }
  /** What is wanted was wanted already: only who asked for it last is new. */
  | { readonly kind: 'repeat-spec'; readonly changes: ServiceSpec['changes'] }
  /** The routes that it declares count alone from now on, or those from before. */
  | { readonly kind: 'end-routes'; readonly outcome: 'after' | 'before' }
  | { readonly kind: 'report'; readonly report: InstanceReport }
  /** Ends the task; with the request's last task its reply is sent. */
  | { readonly kind: 'end'; readonly result: ServiceReply };

export type SideKind = SideWrite['kind'];
type SideWriteOf<K extends SideKind> = Extract<SideWrite, { readonly kind: K }>;

/** What a step comes to. */
export interface StepWrites {
  readonly events: readonly TaskEvent[];
  readonly sides?: readonly SideWrite[];
}

export const sidesOf = <K extends SideKind>({ sides = [] }: StepWrites, kind: K): readonly SideWriteOf<K>[] =>
  sides.filter((side): side is SideWriteOf<K> => side.kind === kind);

/** All for one transaction. */
export const joined = (steps: readonly StepWrites[]): StepWrites => ({
  events: steps.flatMap(({ events }) => events),
  sides: steps.flatMap(({ sides = [] }) => sides),
});
