import { APP_ID, EXAMPLE } from './main-job.js';

interface Shown {
  readonly envFile: string;
  readonly logFile: string;
  /** Where the gateway takes requests. */
  readonly trafficUrl: string;
  /** The same with TLS. */
  readonly tlsUrl: string;
  /** Who signed its certificates. */
  readonly caFile: string;
}

/** What to type in another terminal, and in a browser, while the demo is up. */
export function nextSteps({ envFile, logFile, trafficUrl, tlsUrl, caFile }: Shown): readonly string[] {
  const { port } = new URL(trafficUrl);
  return [
    `The application in your browser: http://${APP_ID}.localhost:${port}/, and http://prices.${APP_ID}.localhost:${port}/`,
    `With TLS: curl --cacert ${caFile} https://${APP_ID}.localhost:${new URL(tlsUrl).port}/`,
    '',
    'Try next, in another terminal:',
    `  source ${envFile}`,
    '  slipway status',
    `  slipway routes ${APP_ID}    (slipway open ${APP_ID} opens it)`,
    `  slipway scale ${APP_ID} prices 3`,
    `  slipway logs ${APP_ID} prices --follow`,
    `  slipway deploy ${EXAMPLE} --app ${APP_ID}    (after a change in ${EXAMPLE})`,
    '',
    `The platform's log: ${logFile}. Ctrl-C ends everything.`,
  ];
}
