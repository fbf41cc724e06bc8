export { foldObservation } from './fold.js';
export { NewestStates } from './newest-states.js';
export { NodeObservations, type Observed } from './node-observations.js';
export { deltaOf, type ObservedInstance, type ObservedNode, wholeOf } from './observed-node.js';
