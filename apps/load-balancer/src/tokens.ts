/** Injection token of what answers node requests. */
export const NODE_REQUESTS = Symbol('NodeRequests');
