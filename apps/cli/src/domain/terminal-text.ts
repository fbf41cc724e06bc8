// What a build or a container says may hold anything: colours, cursor moves, even commands to the terminal.
const COLOUR_OR_MOVE = String.raw`\u001b\[[0-?]*[ -/]*[@-~]`;
const TERMINAL_COMMAND = String.raw`\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?`;
const CONTROL = String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f]`;
const NOT_TEXT = new RegExp(`${COLOUR_OR_MOVE}|${TERMINAL_COMMAND}|${CONTROL}`, 'g');

/** The lines of a text from outside, without what a terminal would obey; a bare carriage return ends a line too. */
export function textLines(text: string): string[] {
  return text.split(/\r?\n|\r/).map((line) => line.replace(NOT_TEXT, ''));
}

/** One line of a text from outside, such as the name of a file. */
export const shownText = (text: string): string => textLines(text).join(' ');
