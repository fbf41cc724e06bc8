/** `name` as seen from `folder`, without `.` and `..`; it may begin with `..` where it leads out of the source. */
export function joined(folder: string, name: string): string {
  const parts: string[] = [];
  for (const part of [...folder.split('/'), ...name.split('/')]) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
