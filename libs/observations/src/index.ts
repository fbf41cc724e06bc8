export { foldObservation } from './fold.js';
export { NewestStates } from './newest-states.js';
export { NodeObservations, type Observed } from './node-observations.js';
export { isOlderState } from './older-state.js';
export { deltaOf, type ObservedInstance, type ObservedNode, wholeOf } from './observed-node.js';
export { usedCores, usedMemoryBytes } from './used.js';
export { ObservedShare } from './observed-share.js';
