/** `ENOENT`, `ENOSPC`...; `undefined` for what is no error of the system. */
export function codeOf(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : code;
}
