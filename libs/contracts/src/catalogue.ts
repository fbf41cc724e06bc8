import type { MessageDefinition } from './message.js';
import { deploymentProgressed } from './messages/deployment-progressed.js';
import { deploymentReplied } from './messages/deployment-replied.js';
import { deploymentRequested } from './messages/deployment-requested.js';
import { instanceReported } from './messages/instance-reported.js';
import { limitAnswered } from './messages/limit-answered.js';
import { limitRequested } from './messages/limit-requested.js';
import { limitsLearned } from './messages/limits-learned.js';
import { moveRequested } from './messages/move-requested.js';
import { nodeAnswered } from './messages/node-answered.js';
import { nodeObserved } from './messages/node-observed.js';
import { nodeReleased } from './messages/node-released.js';
import { nodeReported } from './messages/node-reported.js';
import { nodeRequested } from './messages/node-requested.js';
import { nodeState } from './messages/node-state.js';
import { nodeAccessAnswered } from './messages/node-access-answered.js';
import { nodeAccessRequested } from './messages/node-access-requested.js';
import { evictionRequested } from './messages/eviction-requested.js';
import { nodeWaiting } from './messages/node-waiting.js';
import { scaleReplied } from './messages/scale-replied.js';
import { scaleRequested } from './messages/scale-requested.js';
import { secretReplied } from './messages/secret-replied.js';
import { secretRequested } from './messages/secret-requested.js';
import { serviceRoutesChanged } from './messages/service-routes-changed.js';
import { serviceSpecChanged } from './messages/service-spec-changed.js';

/** Every message of every version that is understood. */
export const catalogue: readonly MessageDefinition[] = [
  deploymentRequested,
  deploymentReplied,
  deploymentProgressed,
  nodeRequested,
  nodeAnswered,
  nodeWaiting,
  moveRequested,
  evictionRequested,
  instanceReported,
  nodeReleased,
  nodeAccessRequested,
  nodeAccessAnswered,
  nodeReported,
  nodeObserved,
  nodeState,
  limitRequested,
  limitAnswered,
  limitsLearned,
  scaleRequested,
  scaleReplied,
  secretRequested,
  secretReplied,
  serviceSpecChanged,
  serviceRoutesChanged,
];
