/** Where a setting stands. Line 0 means the file as a whole; for an environment variable `file` is its name. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Something wrong, or worth a warning, with its place and a sentence for the operator. Never holds the value of a secret. */
export interface Fault extends Place {
  readonly message: string;
}

/** A value, or the reason why the text is none. */
export type Parsed<T> = { readonly value: T } | { readonly fault: string };

/** What has come up so far: faults stop the program, warnings do not. */
export class Findings {
  readonly faults: Fault[] = [];
  readonly warnings: Fault[] = [];

  refuse({ file, line }: Place, message: string): void {
    this.faults.push({ file, line, message });
  }

  warn({ file, line }: Place, message: string): void {
    this.warnings.push({ file, line, message });
  }
}

/** In the order in which an operator walks through the files. */
export function byPlace(a: Place, b: Place): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line;
}
