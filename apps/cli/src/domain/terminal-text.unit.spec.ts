import { describe, expect, it } from 'vitest';
import { textLines } from './terminal-text.js';

describe('text from outside', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', ['red']],
    ['cursor moves', 'a\u001b[2K\u001b[1Ab', ['ab']],
    ['a new title for the window', '\u001b]0;owned\u0007text', ['text']],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', ['text']],
    ['a command that never ends', 'a\u001b]0;owned', ['a']],
    ['lone control characters', 'a\u0007\u0008\u001bb\u009bc', ['abc']],
  ])('loses %s', (_, text, lines) => {
    expect(textLines(text)).toEqual(lines);
  });

  it('keeps tabs and letters of every script, and ends a line where a progress bar goes back', () => {
    expect(textLines('\tätät 北京\r\n10%\r20%')).toEqual(['\tätät 北京', '10%', '20%']);
  });
});
