import {
  deploymentReplied,
  type DeploymentReply,
  scaleReplied,
  type ScaleReply,
  secretReplied,
  type SecretReply,
} from '#libs/contracts';
import type { OutboxMessage } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { never } from '../../task/domain/never.js';
import type { Reply, RequestKind } from '../ports.js';

/** A reply in the form that its kind of request is answered in. */
export function outgoingReply(kind: RequestKind, reply: Reply, topic: string): OutboxMessage {
  switch (kind) {
    case 'scale':
      return outgoing(scaleReplied, reply as ScaleReply, topic);
    case 'secret':
      return outgoing(secretReplied, reply as SecretReply, topic);
    case 'deployment':
      return outgoing(deploymentReplied, reply as DeploymentReply, topic);
    default:
      return never(kind);
  }
}
