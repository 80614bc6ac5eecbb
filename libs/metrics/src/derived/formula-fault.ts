/** A name that means nothing where it stands, and all that would: one of these may have been meant. */
export interface UnknownName {
  readonly name: string;
  readonly known: readonly string[];
}

/** Why a derived metric is refused: a sentence for the one who wrote it. */
export class FormulaFault extends Error {
  override readonly name = 'FormulaFault';

  constructor(
    message: string,
    /** Where in the formula, from 1; undefined where it is not about the formula but the metric's name or kind. */
    readonly column: number | undefined,
    readonly unknown?: UnknownName,
  ) {
    super(message);
  }
}
