/** On every container of ours: which Slipway launched it. */
export const INSTALLATION_LABEL = 'slipway.installation';
/** On an instance: the agent is to read its CPU every 100 ms. */
export const CPU_PEAKS_LABEL = 'slipway.cpu-peaks';
/** On a container: the task that made it. */
export const TASK_LABEL = 'slipway.task';
