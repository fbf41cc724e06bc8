/** Where BuildKit mounts a secret by its id, in the memory of one step. */
const MOUNTED = '/run/secrets/';

/**
 * Gives a step its secrets as environment variables, to the last byte: `$(...)` drops line breaks at the end, so a
 * point stands behind them meanwhile. The ids are names of variables; nothing else of the source is in the script.
 */
export const withSecrets = (ids: readonly string[]): string =>
  [
    ...ids.flatMap((id) => [`${id}=$(cat ${MOUNTED}${id} && echo .)`, `${id}=\${${id}%.}`, `export ${id}`]),
    'exec "$@"',
  ].join(' && ');

const READING = String.raw`(?:\w+=\$\(cat ${MOUNTED}\w+ && echo \.\) && \w+=\$\{\w+%\.\} && export \w+ && )+`;
const QUOTED = new RegExp(String.raw`\["sh","-c","${READING}exec \\"\$@\\"","sh",`, 'g');
const PLAIN = new RegExp(String.raw`sh -c ${READING}exec "\$@" sh `, 'g');

/** What an engine says of a step, without this script. */
export const withoutSecretScript = (said: string): string =>
  said.replaceAll(QUOTED, '[').replaceAll(PLAIN, '');
