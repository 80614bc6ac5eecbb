/** The words of a text, which may have line ends between them. */
export function wordsOf(text: string): string[] {
  return text.trim().split(/\s+/);
}
