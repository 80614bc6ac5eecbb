const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

export type Style = keyof typeof codes;

/** Dresses text for the screen, or leaves it plain. */
export type Painter = (style: Style, text: string) => string;

export const plain: Painter = (_style, text) => text;

export const coloured: Painter = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
