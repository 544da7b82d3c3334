const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not: change its permissions, or run as the user that it belongs to',
  EPERM: 'this user may not: change its permissions, or run as the user that it belongs to',
  EISDIR: 'it is a folder: name a file',
  ENOENT: 'its folder does not exist: make that first',
  ENOTDIR: 'a part of its path is a file, not a folder: check how it is written',
  ELOOP: 'its symbolic links lead in a circle',
  EROFS: 'its disk is read-only: name a place on another one',
  ENOSPC: 'its disk is full: make room on it',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
}

/** Why the system refused to read or write a file, and what mends it; the system's own words where it has a rare reason. */
export function describeFileError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return Object.hasOwn(reasons, code) ? (reasons[code] ?? message) : message
}
