/** On every container of ours: which Slipway launched it. */
export const INSTALLATION_LABEL = 'slipway.installation';
/** On a container: the task that made it. */
export const TASK_LABEL = 'slipway.task';
