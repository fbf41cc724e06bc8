import { expect, it } from 'vitest';
import { safePath } from './entry-name.js';

it.each(['a\nb', 'notes ', 'draft.', 'x'.repeat(256), Array(300).fill('abcd').join('/')])(
  'a file name that no system holds alike was told to zip the folder anew: %j',
  (name) => {
    expect(() => safePath(name)).toThrow(
      expect.objectContaining({
        code: 'ARCHIVE_UNSAFE',
        hint: 'Rename it, or leave it out by its name in .slipwayignore.',
      }),
    );
  },
);

it.each(['../a', '/etc/passwd', 'C:/a'])(
  'a name that leads out of the archive is one of the zip: %j',
  (name) => {
    expect(() => safePath(name)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^Make the zip from inside/) as string }),
    );
  },
);
