import { errorCatalogue, type ErrorEntry, type ErrorPlace } from '#libs/contracts';
import { code, page, table } from './markdown.js';

interface Section {
  readonly place: ErrorPlace;
  readonly title: string;
  readonly about: string;
}

const sections: readonly Section[] = [
  {
    place: 'reply',
    title: 'Replies',
    about: 'Every failed service of a reply carries one of these codes. `slipway` prints them, too.',
  },
  {
    place: 'http',
    title: 'HTTP API',
    about: 'A refused call is answered with `{code, message, hint}`.',
  },
  {
    place: 'enrolment',
    title: 'Adding a machine',
    about:
      '`slipway node add` and `POST /v1/nodes` answer 422 with one of these if the machine cannot be used.',
  },
  {
    place: 'command',
    title: 'The `slipway` command',
    about: 'The command itself gives these. It also prints the codes of replies and of the HTTP API.',
  },
  { place: 'start', title: 'The start of an app', about: 'The app prints the error and ends.' },
];

function sectionOf({ place, title, about }: Section): readonly string[] {
  const entries = Object.entries(errorCatalogue).filter(([, { where }]) => where.includes(place));
  const withStatus = place === 'http';
  const rows = entries.map(([name, { what, whatToDo, statuses = [] }]: readonly [string, ErrorEntry]) => [
    code(name),
    ...(withStatus ? [statuses.join(', ')] : []),
    what,
    whatToDo,
  ]);
  const head = ['code', ...(withStatus ? ['status'] : []), 'what happened', 'what to do'];
  return [`## ${title}`, about, table(head, rows)];
}

/** docs/reference/errors.md, from the catalogue of codes. */
export const errorsPage = (): string =>
  page('Error codes', [
    'An error has a stable code, a message, a hint and, where there is one, the end of the log.\nPrograms may rely on the code, never on the text.',
    ...sections.flatMap(sectionOf),
  ]);
