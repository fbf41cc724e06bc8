/** The cause of a change where a spec was made from what ran: no request asked for it. */
const ADOPTED = 'adopted';

/** The cause of a change of a spec, as people call it: `build-and-run failed` is a deploy that failed. */
export const causeOfChange = (by: string): string =>
  by === ADOPTED ? 'made from what ran' : by.replace(/^build-and-run\b/, 'deploy');

/** `since \`scale\` at TIME`. */
export const sinceChange = ({ by, at }: { readonly by: string; readonly at: string }): string =>
  by === ADOPTED ? `since ${at}, ${causeOfChange(by)}` : `since \`${causeOfChange(by)}\` at ${at}`;
