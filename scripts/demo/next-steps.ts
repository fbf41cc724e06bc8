import { APP_ID, EXAMPLE } from './main-job.js';

/** What to type in another terminal while the demo is up. */
export function nextSteps(envFile: string, logFile: string): readonly string[] {
  return [
    'Try next, in another terminal:',
    `  source ${envFile}`,
    '  slipway status',
    `  slipway scale ${APP_ID} prices 3`,
    `  slipway logs ${APP_ID} prices --follow`,
    `  slipway deploy ${EXAMPLE} --app ${APP_ID}    (after a change in ${EXAMPLE})`,
    '',
    `The platform's log: ${logFile}. Ctrl-C ends everything.`,
  ];
}
