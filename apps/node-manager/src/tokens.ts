/** Injection tokens of what Nest's controllers ask for. */
export const ENROL_PORTS = Symbol('EnrolNodePorts');
export const INSTANCES = Symbol('PostgresInstances');
