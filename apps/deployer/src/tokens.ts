/** Injection tokens of what Nest's controllers ask for. */
export const REQUEST_INTAKE = Symbol('RequestIntake');
export const WORK_QUEUE = Symbol('WorkQueue');
export const REQUEST_RECORD = Symbol('RequestRecord');
export const RELEASE_RECORD = Symbol('ReleaseRecord');
export const SECRET_INTAKE = Symbol('SecretIntake');
export const SECRETS = Symbol('Secrets');
export const BUILD_LOGS = Symbol('BuildLogs');
export const INSTANCE_LOGS = Symbol('InstanceLogs');
