/** Errors of disks that are not asked, or not there, in the form in which Node reports its own. */
const texts = {
  EBADF: "bad file descriptor",
  EEXIST: "file already exists",
  EIO: "i/o error",
  EISDIR: "illegal operation on a directory",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOTDIR: "not a directory",
} as const;

export function diskError(code: keyof typeof texts, call: string, path: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${code}: ${texts[code]}, ${call} '${path}'`);
  return Object.assign(error, { code, syscall: call, path });
}
