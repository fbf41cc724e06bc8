/** Injection tokens of what Nest's controllers ask for. */
export const REQUEST_INTAKE = Symbol('RequestIntake');
export const WORK_QUEUE = Symbol('WorkQueue');
